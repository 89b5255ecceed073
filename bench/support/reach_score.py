"""Answers against truth, for `bench.reach`. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from statistics import median
from typing import Any

from bench.support.worlds import WorldQuestion
from indexer.records import TimeSpan
from search.answering.answer import Answer

RIGHT_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked in one way."""

    asked: WorldQuestion
    answer: Answer

    @property
    def kind(self) -> str:
        return self.asked.question.kind

    @property
    def says(self) -> bool:
        """What: the true words stand in the answer."""
        return self.answer.found and _holds(self.answer.answer, self.asked.question.answer)

    @property
    def iou(self) -> float:
        """Of the first moment with the nearest true window; 0 in another video, or where nothing was found."""
        first = self.answer.moments[0] if self.answer.found else None
        if first is None or PurePath(first.video).name != self.asked.video:
            return 0.0
        return max(first.span.iou(TimeSpan(*window)) for window in self.asked.question.windows)

    @property
    def outside(self) -> int:
        """Citations that lie in no shown clip."""
        if not self.answer.found:
            return 0
        return sum(
            not any(
                video_id == moment.video_id
                and span.start_seconds <= moment.span.start_seconds < moment.span.stop_seconds <= span.stop_seconds
                for video_id, span in self.answer.shown
            )
            for moment in self.answer.moments
        )

    def to_json(self) -> dict[str, Any]:
        truth = self.asked.question
        return {
            "kind": self.kind,
            "question": truth.question,
            "true": {"answer": truth.answer, "video": self.asked.video, "windows": truth.windows},
            "said": self.answer.to_json(),
            "says": self.says,
            "iou": round(self.iou, 3),
        }


def scores(outcomes: Sequence[Outcome]) -> dict[str, float | int]:
    """Shares from 0 to 1, medians of tokens and seconds, counts."""
    of = {kind: [one for one in outcomes if one.kind == kind] for kind in ("what", "when", "absent")}
    answerable = of["what"] + of["when"]
    return {
        **{f"{kind} questions": len(of[kind]) for kind in of},
        "what": _share(one.says for one in of["what"]),
        "when R@1 IoU 0.5": _share(one.iou >= RIGHT_IOU for one in of["when"]),
        "absent not found": _share(not one.answer.found for one in of["absent"]),
        "answerable not found": _share(not one.answer.found for one in answerable),
        "citations outside": sum(one.outside for one in outcomes),
        "over the limit": sum(one.answer.evidence.tokens > one.answer.evidence.context_limit for one in outcomes),
        "tokens": round(median([one.answer.evidence.tokens for one in outcomes] or [0])),
        "most tokens": max((one.answer.evidence.tokens for one in outcomes), default=0),
        "seconds": round(median([one.answer.seconds for one in outcomes] or [0.0]), 2),
    }


def _holds(answer: str, truth: str) -> bool:
    """Whether the words of the truth stand in the answer, one after another."""
    said, wanted = (" ".join(re.findall(r"\w+", text.casefold())) for text in (answer, truth))
    return f" {wanted} " in f" {said} "


def _share(values: Any) -> float:
    found = list(values)
    return round(sum(found) / len(found), 3) if found else 0.0
