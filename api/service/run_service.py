"""Runs the service in this process until a signal; checks address, library and keys first."""

from collections.abc import Callable

from api.formatting import count_text
from api.service.api_keys import KeyStore
from api.service.logs import log_to
from api.service.settings import ServiceSettings
from indexer.config import Settings
from indexer.errors import LibraryMissingError, UsageError
from indexer.library_place import LibraryPlace, library_place, machine_folder
from indexer.store.library import Library

OnReady = Callable[[str, list[str]], None]
"""Called with the address and notes for the user, once the service is ready."""


def run_service(settings: Settings, service: ServiceSettings, *, log_level: str, on_ready: OnReady) -> None:
    """Serves until SIGINT or SIGTERM.

    Raises:
        UsageError: the address cannot be used, or keys are required and there are none.
        LibraryError: the library is damaged.
    """
    from api.service.app import create_service
    from api.service.runtime import Runtime
    from api.service.server import ServiceServer, bind_service_socket, url_of

    place = library_place(settings.library)
    notes = [_library_note(place), *_key_notes(place, service)]
    notes += [f"videos in {root} may be indexed by path" for root in service.roots]
    try:
        taken = bind_service_socket(service.host, service.port)
    except OSError as error:
        raise UsageError(
            f"{service.host}:{service.port} cannot be used: {error.strerror}; choose another with --port or --host"
        ) from error
    log_to(level=log_level)
    with taken:
        server = ServiceServer(
            create_service(Runtime(settings, service)), on_ready=lambda: on_ready(url_of(taken), notes)
        )
        server.run(sockets=[taken])


def _library_note(place: LibraryPlace) -> str:
    try:
        with Library.open(place) as library:
            counts = library.counts()
    except LibraryMissingError:
        return f"no library at {place} yet; the first upload creates it"
    return f"library {place}: {count_text(counts['videos'], 'video')}, {count_text(counts['segments'], 'segment')}"


def _key_notes(place: LibraryPlace, service: ServiceSettings) -> list[str]:
    if not service.needs_key:
        return ["only this machine can connect"]
    if not KeyStore(machine_folder(place)).keys():
        raise UsageError(
            f"a service at {service.host} requires an API key, but the library at {place} has none;"
            " create one with `reelseek keys add NAME`, or serve on 127.0.0.1"
        )
    return ["every request needs an API key; `reelseek keys` manages them. Use a TLS proxy in front of the service"]
