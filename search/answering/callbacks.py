"""Who listens while a question is answered, and may stop it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from indexer.models.vision_language import IsCancelled, OnText
from indexer.records import TimeSpan

ShownSpan = tuple[str, TimeSpan]
"""Video id and what of it is shown."""
OnEvidence = Callable[[Sequence[ShownSpan]], None]


@dataclass(frozen=True, slots=True)
class AnswerCallbacks:
    """What is told while an answer is made; all of it may be left out."""

    on_text: OnText | None = None
    """The answer's words as they are generated; they may still turn out to be unfounded."""
    on_draft: OnText | None = None
    """The words of a first answer from captions and quoted text alone; the answer replaces it."""
    on_evidence: OnEvidence | None = None
    """The clips of a prompt, before the model reads it."""
    is_cancelled: IsCancelled | None = None
    """Once it says True, nothing more is generated."""


def with_draft_hook(listening: AnswerCallbacks, then: Callable[[], object]) -> AnswerCallbacks:
    """The same listener; `then` is called after each piece of a draft that it was told."""
    on_draft = listening.on_draft
    if on_draft is None:
        return listening

    def tell(piece: str) -> None:
        on_draft(piece)
        then()

    return replace(listening, on_draft=tell)


NO_CALLBACKS = AnswerCallbacks()
