"""Records of the libraries of the person who runs the service."""

from typing import Annotated

from msgspec import Meta, Struct


class LibraryLink(Struct, kw_only=True):
    """A library of this user."""

    name: Annotated[str, Meta(description="Folder name, with as many parent folders as needed to tell it apart.")]
    is_this: Annotated[bool, Meta(description="Whether this service serves it.")]
    url: Annotated[str | None, Meta(description="Address of the service that is serving it; null if none is.")]
    command: Annotated[str, Meta(description="Command to serve it.", examples=["reelseek serve --library films"])]


class LibraryLinks(Struct, kw_only=True):
    """The libraries of this user, this one first."""

    libraries: list[LibraryLink]
