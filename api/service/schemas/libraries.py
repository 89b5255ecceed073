"""Records of the libraries of the person who runs the service."""

from typing import Annotated

from msgspec import Meta, Struct


class LibraryLink(Struct, kw_only=True):
    """A library of this user."""

    name: Annotated[str, Meta(description="Name of its folder, with as many folders above as tell it from the others.")]
    is_this: Annotated[bool, Meta(description="Whether it is the one that this service serves.")]
    url: Annotated[str | None, Meta(description="Address of the service that serves it now, if there is one.")]
    command: Annotated[str, Meta(description="Command that serves it.", examples=["reelseek serve --library films"])]


class LibraryLinks(Struct, kw_only=True):
    """The libraries of this user, this one first."""

    libraries: list[LibraryLink]
