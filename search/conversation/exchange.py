"""Exchange: one question of a conversation, the form of it that stands alone, and its answer. Plain values, no I/O."""

from dataclasses import dataclass
from typing import Any, Literal

from search.answering.answer import Answer

ResolvedBy = Literal["nothing", "rules", "model"]
"""What made the question stand alone; nothing where it did already."""


@dataclass(frozen=True, slots=True)
class AskedOf:
    """The part of a library that a question of a conversation is about."""

    video: str | None = None
    """A video's name or id, as `Asker.ask` takes it."""
    scope: str | None = None
    """See `search.query.scope`."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer."""

    asked: str
    """As the person put it."""
    question: str
    """The question that stands alone, which was answered."""
    within: str
    """The part of the library that the person's words narrowed it to, for people; empty where they did not."""
    resolved_by: ResolvedBy
    part: AskedOf
    """What was asked of."""
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object: that of the answer, with what was asked and how it was understood."""
        return {"asked": self.asked, **self.answer.to_json(), "within": self.within, "resolved_by": self.resolved_by}
