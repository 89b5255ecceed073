"""A question as a command puts it, and what hears its answer being made. Imports nothing heavy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from search.options import EffortName, Mode

OnWords = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """The options of `reelseek ask`."""

    question: str
    video: str | None
    scope: str | None
    clips: tuple[str, ...]
    mode: Mode
    effort: EffortName
    retrieval: bool
    look_again: bool


@dataclass(frozen=True, slots=True)
class Listeners:
    """What is called while an answer is made; each may be left out."""

    on_text: OnWords | None = None
    """As `search.answering.callbacks.AnswerCallbacks.on_text`."""
    on_draft: OnWords | None = None
    on_step: Callable[[dict[str, Any], str], None] | None = None
    """Gets each step as its documented JSON object, and as a line for people."""
