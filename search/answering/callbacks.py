"""Callbacks and cancellation for one question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from indexer.models.vision_language import IsCancelled, OnText
from indexer.records import TimeSpan

ShownSpan = tuple[str, TimeSpan]
"""Video id and the span of it that is shown."""
OnEvidence = Callable[[Sequence[ShownSpan]], None]


@dataclass(frozen=True, slots=True)
class AnswerCallbacks:
    """What is called while an answer is generated; each may be left out."""

    on_text: OnText | None = None
    """Gets the answer's words as they are generated; they may still turn out to be unfounded."""
    on_draft: OnText | None = None
    """Gets the words of a first answer from captions and quoted text alone; the answer replaces it."""
    on_evidence: OnEvidence | None = None
    """Gets the clips of a prompt before the model reads it."""
    is_cancelled: IsCancelled | None = None
    """Once it returns True, nothing more is generated."""

    def with_draft_callback(self, hook: Callable[[], object]) -> "AnswerCallbacks":
        """The same callbacks; `hook` is called after each piece of a draft."""
        on_draft = self.on_draft
        if on_draft is None:
            return self

        def tell(piece: str) -> None:
            on_draft(piece)
            hook()

        return replace(self, on_draft=tell)


NO_CALLBACKS = AnswerCallbacks()
