"""Printing of a conversation: how each question was understood, then its answer; for programs an object a line."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from api.cli.output.answer import DraftLine, print_answer, print_answer_words
from api.cli.terminal import is_terminal
from api.safe_text import one_line
from indexer.errors import Interrupted, ReelseekError

if TYPE_CHECKING:
    from search.conversation.conversation import Understood
    from search.conversation.exchange import Exchange
    from search.looking.steps import Step


class ConversationPrinter:
    """Prints one question's understanding and answer."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._printed: list[str] = []
        self._draft = DraftLine()
        self._is_stopped: Callable[[], bool] = lambda: False

    def heard_unless(self, is_stopped: Callable[[], bool]) -> "ConversationPrinter":
        """The printer, silent once an answer is stopped: the model may go on for a while."""
        self._is_stopped = is_stopped
        return self

    def on_understood(self, understood: "Understood") -> None:
        """Shows the form of a question that stands alone, where it is another than was typed."""
        if not self._as_json and not self._is_stopped() and (understood.resolved_by != "nothing" or understood.within):
            click.echo(click.style(one_line(f"= {understood.shown}"), dim=True))

    def on_step(self, step: "Step") -> None:
        """Shows what the model does, where it may look again."""
        if not self._as_json and not self._is_stopped():
            click.echo(click.style(one_line(f"- {step.told()}"), dim=True))

    def on_draft(self, words: str) -> None:
        """Adds to the draft on the last line of a terminal."""
        if not self._as_json and is_terminal() and not self._is_stopped():
            self._draft.add(words)

    def on_text(self, words: str) -> None:
        """Prints the next words of the answer, in a terminal."""
        if self._as_json or not is_terminal() or self._is_stopped():
            return
        self._draft.clear()
        self._printed.append(words)
        print_answer_words(words)

    def tell(self, exchange: "Exchange") -> None:
        """Prints the answer."""
        self._draft.clear()
        if self._as_json:
            click.echo(json.dumps(exchange.to_json()))
        else:
            print_answer(exchange.answer, printed="".join(self._printed))

    def tell_error(self, error: ReelseekError) -> None:
        """Prints why there is no answer: a line for people, an object for programs."""
        self._draft.clear()
        if self._as_json:
            click.echo(json.dumps({"error": {"type": type(error).__name__, "message": str(error)}}))
        elif self._printed or isinstance(error, Interrupted):
            click.echo("")
        click.echo(f"reelseek: {one_line(str(error))}", err=True)
