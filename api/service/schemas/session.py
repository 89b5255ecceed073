"""The record of a browser session."""

from typing import Annotated

from msgspec import Meta, Struct


class SessionRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """An API key to store in a cookie of this browser."""

    key: Annotated[str, Meta(max_length=200)]
