"""SearchResult and the moments in it: what a search returns. Plain values, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from indexer.records import MediaKind, TimeSpan
from search.query.plan import Plan
from search.signals import Signal

Grade = Literal["good", "weak"]
"""Whether a moment reaches the relevance threshold; `weak` ones are shown after the good ones, and apart."""
SimilarityCurve = Sequence[tuple[float, float]]
"""(time in seconds, similarity to the query) of sampled frames, in order of time; may be empty."""


@dataclass(frozen=True, slots=True)
class MomentBox:
    """The place of an on-screen line for a while."""

    line: int
    """Number of the line in its text. The boxes of one line, in order of time, show how it moves."""
    start_seconds: float
    """The line stands there in `[start_seconds, stop_seconds)`."""
    stop_seconds: float
    left: float
    """Fractions of the picture's width and height, 0 to 1."""
    top: float
    right: float
    bottom: float

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a box."""
        return {
            "line": self.line,
            "start_seconds": round(self.start_seconds, 3),
            "stop_seconds": round(self.stop_seconds, 3),
            "left": round(self.left, 4),
            "top": round(self.top, 4),
            "right": round(self.right, 4),
            "bottom": round(self.bottom, 4),
        }


@dataclass(frozen=True, slots=True)
class Part:
    """What answers one step of a query of several steps."""

    span: TimeSpan
    best_frame_seconds: float
    """Inside the span."""
    signals: dict[Signal, int]
    """Rank, from 1, in each signal that matched."""
    text: str
    """The text that matched, empty when only the picture did."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a part."""
        return {
            "start_seconds": round(self.span.start_seconds, 3),
            "stop_seconds": round(self.span.stop_seconds, 3),
            "best_frame_seconds": round(self.best_frame_seconds, 3),
            "signals": dict(self.signals),
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class SecondLook:
    """The verdict of a vision-language model that was shown a moment; see `search.second_look`."""

    shows: bool
    """The model sees what was searched for."""
    rank_before: int
    """Of the moment in the page, from 1, without the verdicts."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object."""
        return {"shows": self.shows, "rank_before": self.rank_before}


@dataclass(frozen=True, slots=True)
class Moment:
    """A span shown to the user."""

    video: str
    """Path of the file."""
    video_id: str
    span: TimeSpan
    best_frame_seconds: float
    """Presentation time of the frame that shows the moment best; inside the span."""
    score: float
    """Fused score; comparable only within one search."""
    signals: dict[Signal, int]
    """Rank, from 1, in each signal that matched."""
    text: str
    """The text that matched, empty when only the picture did."""
    thumbnail: Path | None
    """JPEG of the segment, of sound its waveform; None when the library has none."""
    boxes: tuple[MomentBox, ...] = ()
    """Of the on-screen lines that answer the query; empty where none does."""
    parts: tuple[Part, ...] = ()
    """Of a query of several steps (`A then B`): what answers each, in order of time; the span holds them all."""
    alike: int = 0
    """Near-duplicates that were folded into it."""
    in_video: int = 0
    """Further moments of its video that were folded into it, since the video had its share of the list."""
    relevance: float = 1.0
    """How likely it answers the query, 0 to 1, on one scale for all signals; see `search.scoring.relevance`."""
    grade: Grade = "good"
    kind: MediaKind = "video"
    """Whether its file has moving pictures."""
    second_look: SecondLook | None = None
    """Where a model was shown it again."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of a moment."""
        return {
            "video": self.video,
            "video_id": self.video_id,
            "kind": self.kind,
            "start_seconds": round(self.span.start_seconds, 3),
            "stop_seconds": round(self.span.stop_seconds, 3),
            "best_frame_seconds": round(self.best_frame_seconds, 3),
            "score": round(self.score, 6),
            "relevance": round(self.relevance, 3),
            "grade": self.grade,
            "signals": dict(self.signals),
            "text": self.text,
            "boxes": [box.to_json() for box in self.boxes],
            **({"parts": [part.to_json() for part in self.parts]} if self.parts else {}),
            "alike": self.alike,
            "in_video": self.in_video,
            **({"second_look": self.second_look.to_json()} if self.second_look else {}),
        }


@dataclass(frozen=True, slots=True)
class SignalWeight:
    """How much one signal counted for one query, and why."""

    signal: Signal
    weight: float
    """Of its list in the fusion, 0 to 1; 0: it was searched and does not count."""
    hits: int
    """Segments above its threshold."""
    why: str
    """One sentence for people."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object."""
        return {"signal": self.signal, "weight": round(self.weight, 3), "hits": self.hits, "why": self.why}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of one query."""

    query: str
    found: bool
    """False: no moment reaches the setting `relevance_threshold`."""
    moments: list[Moment]
    """Good ones first, each best first; one page of them, none where nothing was found. They never overlap within a
    video."""
    seconds: dict[str, float]
    """Wall time: `embed` the query, `retrieve` and merge, `total`."""
    more: bool
    """Further moments follow this page."""
    plan: Plan | None = None
    """How the query was understood."""
    closest: list[Moment] = field(default_factory=list["Moment"])
    """Where nothing was found: the nearest moments, offered as such."""
    signal_weights: list[SignalWeight] = field(default_factory=list["SignalWeight"])
    """How much each signal counted for the query's first words; empty for an example."""
    reranked_segments: int = 0
    """Segments whose texts a reranker read for these words."""
    corrected: str = ""
    """The query without its typing mistakes, which was searched in its place; empty where there were none."""
    warnings: list[str] = field(default_factory=list[str])
    """What could not be read for a second look."""

    def explained(self) -> dict[str, Any]:
        """The documented JSON of how the moments were found."""
        return {"explained": [one.to_json() for one in self.signal_weights], "read_again": self.reranked_segments}

    @property
    def words(self) -> str:
        """What is wanted, in words alone: these are highlighted in a text."""
        return self.query if self.plan is None else self.plan.words

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object: query, found, moments; `understood` for more than plain words; `closest` where
        nothing was found."""
        understood = {} if self.plan is None or self.plan.is_plain else {"understood": self.plan.to_json()}
        moments = [moment.to_json() for moment in self.moments]
        closest = {} if self.found else {"closest": [moment.to_json() for moment in self.closest]}
        corrected = {"corrected": self.corrected} if self.corrected else {}
        warnings = {"warnings": self.warnings} if self.warnings else {}
        head = {"query": self.query, "found": self.found, **corrected, **understood}
        return {**head, "moments": moments, **closest, **warnings}
