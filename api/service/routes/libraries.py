"""`/api/v1/libraries`: the libraries that the same person has served on this machine."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from litestar import Controller, get

from api.local.known_libraries import known_libraries
from api.local.running_service import service_address
from api.service.links import API
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas.libraries import LibraryLink, LibraryLinks
from indexer.library_place import LibraryPlace, machine_folder


class LibraryRoutes(Controller):
    path = API
    tags = ["service"]  # noqa: RUF012 - as Litestar expects

    @get("/libraries", operation_id="libraries", summary="List this user's libraries", responses=problem_responses())
    async def libraries(self, runtime: Runtime) -> LibraryLinks:
        """Libraries served before on this machine, with their addresses; empty if the service is open to others."""
        return await runtime.lookups.run(lambda: _libraries(runtime))


def _libraries(runtime: Runtime) -> LibraryLinks:
    if runtime.service.needs_key:
        return LibraryLinks(libraries=[])
    this = runtime.place
    paths: list[LibraryPlace] = [this, *(path for path in known_libraries() if path != this)]
    names = short_names(paths)
    return LibraryLinks(
        libraries=[
            LibraryLink(
                name=names[path],
                is_this=path == this,
                url=None if path == this else service_address(machine_folder(path)),
                command=f"reelseek serve --library {shlex.quote(str(path))} --port 0",
            )
            for path in paths
        ]
    )


def short_names(places: Sequence[LibraryPlace]) -> dict[LibraryPlace, str]:
    """Place -> its last parts, as many as tell it from the others."""
    parts = {place: place.parts if isinstance(place, Path) else tuple(place.url.split("/")[2:]) for place in places}
    names: dict[LibraryPlace, str] = {}
    for place, own in parts.items():
        others = [other for one, other in parts.items() if one != place]
        length = next((n for n in range(1, len(own)) if all(own[-n:] != other[-n:] for other in others)), len(own))
        names[place] = "/".join(own[-length:]).replace("//", "/")
    return names
