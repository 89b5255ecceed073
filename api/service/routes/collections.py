"""`/api/v1/collections`: choosing moments, trimming, arranging and noting them. Exporting them is in `export`."""

from collections.abc import Callable
from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import Body, Parameter
from msgspec import UNSET

from api.service.links import API
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas import collections as schemas
from api.service.views.collections import checked_span, collected_moments, collection_summary, collection_view
from indexer.records import TimeSpan
from indexer.store.collections.collection_store import CollectionStore
from indexer.store.collections.records import Collection, Note

CollectionPath = Annotated[str, Parameter(pattern="^[0-9a-f]{12}$", description="The collection's id.")]
MomentPath = Annotated[str, Parameter(pattern="^[0-9a-f]{8}$", description="The moment's id.")]


class CollectionRoutes(Controller):
    path = f"{API}/collections"
    tags = ["collections"]  # noqa: RUF012 - as Litestar expects

    @get(operation_id="collections", summary="List collections", responses=problem_responses())
    async def collections(self, runtime: Runtime) -> schemas.CollectionList:
        """In the order in which they were begun."""

        def work() -> schemas.CollectionList:
            found = _store(runtime).all() if runtime.has_library() else ()
            return schemas.CollectionList(collections=[collection_summary(one) for one in found])

        return await runtime.lookups.run(work)

    @post(operation_id="create_collection", summary="Create a collection", responses=problem_responses(404))
    async def create(
        self, runtime: Runtime, data: Annotated[schemas.NewCollection, Body(description="The name and first moments.")]
    ) -> schemas.CollectionView:
        """Names are unique; upper and lower case are the same."""

        return await _changed(runtime, lambda store: store.create(data.name, collected_moments(runtime, data.moments)))

    @get(
        "/{collection_id:str}", operation_id="collection", summary="Get a collection", responses=problem_responses(404)
    )
    async def collection(self, runtime: Runtime, collection_id: CollectionPath) -> schemas.CollectionView:
        """With its moments in their order."""
        return await _changed(runtime, lambda store: store.find(collection_id))

    @patch(
        "/{collection_id:str}",
        operation_id="change_collection",
        summary="Rename or arrange a collection",
        responses=problem_responses(404),
    )
    async def change(
        self,
        runtime: Runtime,
        collection_id: CollectionPath,
        data: Annotated[schemas.CollectionChange, Body(description="The new name, the new order, or both.")],
    ) -> schemas.CollectionView:
        """Moments that `order` does not name stay behind those that it names. Where one change is refused, neither is
        made."""
        new_name = None if data.name is UNSET else data.name
        order = () if data.order is UNSET else data.order
        return await _changed(runtime, lambda store: store.change(collection_id, new_name=new_name, order=order))

    @delete(
        "/{collection_id:str}",
        operation_id="remove_collection",
        summary="Remove a collection",
        responses=problem_responses(404),
    )
    async def remove(self, runtime: Runtime, collection_id: CollectionPath) -> None:
        """The videos stay."""
        await runtime.lookups.run(lambda: _store(runtime).remove(collection_id))

    @post(
        "/{collection_id:str}/moments",
        operation_id="collect_moments",
        summary="Add moments to a collection",
        responses=problem_responses(404),
    )
    async def add(
        self,
        runtime: Runtime,
        collection_id: CollectionPath,
        data: Annotated[schemas.NewMoments, Body(description="Moments as returned by a search.")],
    ) -> schemas.CollectionView:
        """At the end. One that is there already, with the same span, is added once."""
        return await _changed(runtime, lambda store: store.add(collection_id, collected_moments(runtime, data.moments)))

    @patch(
        "/{collection_id:str}/moments/{moment_id:str}",
        operation_id="change_moment",
        summary="Trim a moment, set its handles or notes",
        responses=problem_responses(404),
    )
    async def change_moment(
        self,
        runtime: Runtime,
        collection_id: CollectionPath,
        moment_id: MomentPath,
        data: Annotated[schemas.MomentChange, Body(description="The fields to change.")],
    ) -> schemas.CollectionView:
        """Times are kept as given. An export cuts from the frame on screen at the start to the last before the stop."""

        def work(store: CollectionStore) -> Collection:
            return store.change_moment(
                collection_id,
                moment_id,
                span=_span(runtime, store.find(collection_id), moment_id, data),
                handle_seconds=None if data.handle_seconds is UNSET else data.handle_seconds,
                notes=None if data.notes is UNSET else [Note(one.time_seconds, one.text) for one in data.notes],
            )

        return await _changed(runtime, work)

    @delete(
        "/{collection_id:str}/moments/{moment_id:str}",
        operation_id="remove_moment",
        summary="Remove a moment from a collection",
        status_code=200,
        responses=problem_responses(404),
    )
    async def remove_moment(
        self, runtime: Runtime, collection_id: CollectionPath, moment_id: MomentPath
    ) -> schemas.CollectionView:
        """The video stays."""
        return await _changed(runtime, lambda store: store.remove_moments(collection_id, [moment_id]))


def _store(runtime: Runtime) -> CollectionStore:
    """Raises LibraryMissingError where there is no library."""
    _ = runtime.library
    return CollectionStore(runtime.place)


async def _changed(runtime: Runtime, work: Callable[[CollectionStore], Collection]) -> schemas.CollectionView:
    def view() -> schemas.CollectionView:
        found = work(_store(runtime))
        return collection_view(found, {video.video_id for video in runtime.library.videos()})

    return await runtime.lookups.run(view)


def _span(runtime: Runtime, found: Collection, moment_id: str, data: schemas.MomentChange) -> TimeSpan | None:
    """The new span of a moment; None where it stays. Raises BadRequestError."""
    if data.start_seconds is UNSET and data.stop_seconds is UNSET:
        return None
    moment = found.moment(moment_id)
    start = moment.span.start_seconds if data.start_seconds is UNSET else data.start_seconds
    stop = moment.span.stop_seconds if data.stop_seconds is UNSET else data.stop_seconds
    return checked_span(runtime.video(moment.video_id), start, stop, "start_seconds")
