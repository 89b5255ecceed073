"""How an object store is reached: keys and addresses are those of the environment, and stay there.

LanceDB and obstore are both bindings of Rust's `object_store`, and read the same variables: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL and their likes for Google and Azure.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from indexer.errors import LibraryError
from indexer.library_place import ObjectPlace
from indexer.store.database_errors import object_error

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_ADDRESSES = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
_RETRIES = 5
_RETRY_SECONDS = 60
"""Of one request, with all its retries."""


def connect(place: ObjectPlace) -> "ObjectStore":
    """The store of a place; asks it nothing yet.

    Raises:
        LibraryError: the package for object stores is not installed, or a variable cannot be used.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError:
        raise LibraryError(
            f"library {place} lies in an object store, which needs another package;"
            " install it with `pip install 'reelseek[cloud]'`"
        ) from None
    try:
        return from_url(
            place.url,
            client_options={"allow_http": _is_plain_http()},
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
        )
    except (BaseError, ValueError) as error:
        raise object_error(place, "connecting", error) from None


def table_options() -> Mapping[str, str]:
    """LanceDB's `storage_options` beside what it reads from the environment itself."""
    retries = {"client_max_retries": str(_RETRIES), "client_retry_timeout": str(_RETRY_SECONDS)}
    return {**retries, "allow_http": "true"} if _is_plain_http() else retries


def _is_plain_http() -> bool:
    """Whether the address in the environment is one without TLS, as a store on this machine has."""
    return any(os.environ.get(name, "").lower().startswith("http://") for name in _ADDRESSES)
