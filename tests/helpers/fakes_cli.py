"""Stand-ins for the slow parts behind the command line: a search engine and a pipeline that follow a script."""

import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from indexer.config import Settings
from indexer.pipeline.events import IndexEvent, IndexFinished, ScanFinished, StageFinished, StageProgress, VideoFailed
from indexer.records import TimeSpan, Video
from search.options import SortName
from search.results import Moment, SearchResult, SignalWeight
from search.signals import Signal

HOSTILE_NAME = "a\x1b[2Jb\u202egpm[red]x[/red]\n.mp4"
HOSTILE_TEXT = "invoice\x1b]0;owned\x07 [bold]total[/bold] \u2066\x9b31m"


def moment(*, video: str = "/films/talk.mp4", text: str = "An invoice\nfor the tables", start: float = 3.25) -> Moment:
    return Moment(
        video=video,
        video_id="0123456789abcdef0123456789abcdef",
        span=TimeSpan(start, start + 4.5),
        best_frame_seconds=start + 1.0,
        score=0.0325,
        relevance=0.94,
        signals={"screen_text_words": 1, "picture": 12},
        text=text,
        thumbnail=None,
    )


class FakeEngine:
    """Gives the same moments to every query, and remembers what it was asked."""

    def __init__(self, moments: Sequence[Moment], *, found: bool = True, more: bool = False) -> None:
        self.moments, self.found, self.more = list(moments), found, more
        self.asked: list[dict[str, Any]] = []
        self.opened: list[tuple[Path, Settings]] = []

    def open(self, library: Path, *, settings: Settings) -> "FakeEngine":
        self.opened.append((library, settings))
        return self

    def videos(self) -> list[Video]:
        return []

    def search(
        self,
        query: str,
        *,
        image: Path | None = None,
        like: str | None = None,
        video: str | None = None,
        scope: str | None = None,
        limit: int = 10,
        offset: int = 0,
        signals: Collection[Signal] | None = None,
        per_video: int | None = None,
        fold: bool = True,
        expand: int | None = None,
        plain: bool = False,
        sort: SortName = "relevance",
    ) -> SearchResult:
        asked = {"query": query, "video": video, "scope": scope, "limit": limit, "offset": offset, "signals": signals}
        example = {"image": image, "like": like}
        diversity = {"per_video": per_video, "fold": fold, "expand": expand}
        self.asked.append({**asked, **example, **diversity})
        seconds = {"total": 0.02}
        return SearchResult(
            query, self.found, self.moments, seconds, self.more, signal_weights=SIGNAL_WEIGHTS, reranked_segments=16
        )


SIGNAL_WEIGHTS = [
    SignalWeight("picture", 0.9, 3, "its best hit is right with a chance of 0.90"),
    SignalWeight("subtitle", 0.0, 0, "nothing stands out"),
]


def scripted_pipeline(
    events: Sequence[IndexEvent], finished: IndexFinished, *, before: Callable[..., None] = lambda **given: None
) -> Callable[..., IndexFinished]:
    """An `index_paths` that sends the events and ends with `finished`; `before` sees the arguments."""

    def index_paths(
        paths: Sequence[Path],
        *,
        settings: Settings,
        on_event: Callable[[IndexEvent], None],
        cancel: threading.Event,
        prune: bool,
        retry_failed: bool,
        engine: object = None,
    ) -> IndexFinished:
        before(paths=paths, settings=settings, prune=prune, retry_failed=retry_failed)
        for event in [*events, finished]:
            on_event(event)
        return finished

    return index_paths


def some_events(failures: int = 1) -> list[IndexEvent]:
    """Two videos that work out, and some that fail for the same reason."""
    events: list[IndexEvent] = [ScanFinished(videos=2 + failures, todo=2 + failures)]
    for name in ("a.mp4", "b.mp4"):
        events += [
            StageProgress(f"/films/{name}", "picture", 30.0, 60.0),
            StageFinished(f"/films/{name}", "0" * 32, "picture", 60.0, 60, 1.5),
            StageFinished(f"/films/{name}", "0" * 32, "subtitles", 60.0, 3, 0.1),
            StageFinished(f"/films/{name}", "0" * 32, "screen_text", 60.0, 2, 0.9),
        ]
    events += [VideoFailed(f"/films/bad{i}.mp4", "unreadable", "not a media file") for i in range(failures)]
    return events
