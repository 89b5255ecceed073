"""A library as an object: search, questions, indexing. Opens files and loads models only when something needs them."""

import os
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from indexer.config import Settings, load_settings
from indexer.library_place import LibraryPlace, library_place
from indexer.pipeline.events import IndexEvent, IndexFinished
from indexer.records import Video
from search.answering.answer import Answer
from search.options import EffortName, SortName
from search.results import SearchResult

if TYPE_CHECKING:
    from search.answering.asker import Asker

PathLike = str | os.PathLike[str]


def open_library(library: PathLike, **settings: Any) -> "Library":
    """A library; its folder need not exist before something is indexed.

    Args:
        library: its folder.
        settings: as in the settings file, `models="text"` or `device="cpu"`; they win over variables and the file.

    Raises:
        ReelseekError: a setting is unknown or out of its range.
    """
    return Library(load_settings({**settings, "library": os.fspath(library)}))


class Library:
    """An open library; a context manager. Safe from several threads. All methods block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        """How the library is searched and indexed."""
        self._asker: Asker | None = None
        self._opening = threading.Lock()

    @property
    def path(self) -> LibraryPlace:
        """The library's folder, absolute; or its place in an object store."""
        return library_place(self.settings.library)

    def search(
        self,
        query: str = "",
        *,
        image: PathLike | bytes | None = None,
        like: str | None = None,
        video: str | None = None,
        scope: str | None = None,
        signals: Collection[str] | None = None,
        limit: int = 10,
        offset: int = 0,
        per_video: int | None = None,
        fold: bool = True,
        plain: bool = False,
        threshold: float | None = None,
        sort: SortName = "relevance",
    ) -> SearchResult:
        """The moments that match, best first or sorted.

        Args:
            query: what to find, in the query language; beside an image or `like`, what is to be different.
            image: find what this image shows: a file, or its bytes.
            like: find more like this moment, `talk.mp4@12:34`.
            video: search this video alone: its name, path, id, or first digits of the id.
            scope: search in this scope alone, as `tag:family date:2023`.
            signals: match by these alone, as `["picture", "speech"]`; None: by all.
            limit: moments at most, 1 to 1,000.
            offset: moments to skip, for paging.
            per_video: moments of one video at most, 0 for any number; None: five, or any number in one video.
            fold: near-duplicates are folded into the best of them.
            plain: take the words as they are typed, without any grammar.
            threshold: relevance, 0 to 1, that the best moment must reach; None: the setting.
            sort: `newest`: of the newest videos first; `video`: video by video in order of time.

        Raises:
            ReelseekError: there is no library, a model is missing, or the query or another argument cannot be used.
        """
        return self._opened().engine.search(
            query,
            image=image if image is None or isinstance(image, bytes) else Path(image),
            like=like,
            video=video,
            scope=scope,
            signals=signals,
            limit=limit,
            offset=offset,
            per_video=per_video,
            fold=fold,
            plain=plain,
            threshold=threshold,
            sort=sort,
        )

    def ask(
        self,
        question: str,
        *,
        video: str | None = None,
        scope: str | None = None,
        effort: EffortName = "normal",
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """The answer of the library's vision-language model, with the moments on which it rests.

        Args:
            video: ask about this video alone.
            scope: ask about this scope alone.
            effort: how much is examined.
            on_text: gets the words of the answer as they are generated.

        Raises:
            ReelseekError: as `search`; or no model can answer.
        """
        return self._opened().ask(question, video=video, scope=scope, effort=effort, on_text=on_text)

    def index(
        self,
        *paths: PathLike,
        prune: bool = False,
        retry_failed: bool = False,
        on_event: Callable[[IndexEvent], None] = lambda _: None,
        cancel: threading.Event | None = None,
    ) -> IndexFinished:
        """Indexes files and folders; what is indexed already is skipped. A failed video does not end the run.

        Args:
            prune: remove videos under `paths` whose files are gone.
            retry_failed: try failed videos again although nothing has changed.
            on_event: gets each event, one at a time, from several threads.
            cancel: set it to stop soon; finished work is kept.

        Raises:
            ReelseekError: a path does not exist, a model is missing, or the library cannot be written.
        """
        from indexer.pipeline.index import index_paths

        return index_paths(
            [Path(path) for path in paths],
            settings=self.settings,
            on_event=on_event,
            cancel=cancel,
            prune=prune,
            retry_failed=retry_failed,
        )

    def videos(self) -> Sequence[Video]:
        """All videos of the library, also failed ones. Raises as `search`."""
        return self._opened().engine.videos()

    def close(self) -> None:
        """Closes files and models; safe to repeat. The next call opens them again."""
        with self._opening:
            if self._asker is not None:
                self._asker.close()
                self._asker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> "Asker":
        from search.answering.asker import Asker

        with self._opening:
            if self._asker is None:
                self._asker = Asker.open(self.path, settings=self.settings)
            return self._asker
