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
    this = runtime.library_path
    paths = [this, *(path for path in known_libraries() if path != this)]
    names = short_names(paths)
    return LibraryLinks(
        libraries=[
            LibraryLink(
                name=names[path],
                is_this=path == this,
                url=None if path == this else service_address(path),
                command=f"reelseek serve --library {shlex.quote(str(path))} --port 0",
            )
            for path in paths
        ]
    )


def short_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Path -> its last parts, as many as tell it from the others."""
    names: dict[Path, str] = {}
    for path in paths:
        others = [other for other in paths if other != path]
        length = next(
            (n for n in range(1, len(path.parts)) if all(path.parts[-n:] != other.parts[-n:] for other in others)),
            len(path.parts),
        )
        names[path] = "/".join(path.parts[-length:]).replace("//", "/")
    return names
