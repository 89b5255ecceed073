"""Answer: what a question returns, with the moments that it cites. Plain values, no I/O."""

from dataclasses import dataclass, field
from typing import Any

from indexer.records import TimeSpan


@dataclass(frozen=True, slots=True)
class CitedMoment:
    """A span that the answer rests on; without an answer, one of the nearest."""

    video: str
    """Path of the file."""
    video_id: str
    span: TimeSpan
    why: str

    def to_json(self) -> dict[str, Any]:
        return {
            "video": self.video,
            "video_id": self.video_id,
            "start_seconds": round(self.span.start_seconds, 3),
            "stop_seconds": round(self.span.stop_seconds, 3),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class EvidenceUsed:
    """What the model was shown."""

    clips: int
    frames: int
    tokens: int
    """Of the largest prompt; never more than the limit less the reply."""
    context_limit: int
    passes: int
    """Prompts that were answered."""
    steps: int = 0
    """Chosen by the model itself, where it may look again; see `search.looking`."""

    def to_json(self) -> dict[str, int]:
        names = ("clips", "frames", "tokens", "context_limit", "passes", "steps")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question."""

    question: str
    found: bool
    answer: str
    """In the model's words; when nothing was found, a sentence that says so."""
    moments: list[CitedMoment]
    """What the answer rests on; when nothing was found, the nearest moments."""
    evidence: EvidenceUsed
    model: str
    seconds: float
    """Wall time from question to answer, without loading models."""
    shown: list[tuple[str, TimeSpan]] = field(default_factory=list[tuple[str, TimeSpan]])
    """(video id, span) of every clip that was shown: each citation lies inside one."""
    warnings: list[str] = field(default_factory=list[str])
    """What could not be read, as a video that is gone."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object; `warnings` only where there are any."""
        value: dict[str, Any] = {
            "question": self.question,
            "found": self.found,
            "answer": self.answer,
            "moments": [moment.to_json() for moment in self.moments],
            "evidence": self.evidence.to_json(),
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }
        return value | ({"warnings": self.warnings} if self.warnings else {})
