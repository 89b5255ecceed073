"""Printing of answers: the text, then the cited moments as time codes."""

import json
from pathlib import PurePath
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from api.formatting import count_text, time_code
from api.safe_text import one_line, safe_text

if TYPE_CHECKING:
    from search.answering.answer import Answer, CitedMoment


ERASE_LINE = "\x1b[2K"
"""Understood by every terminal since the VT100."""


def print_answer_words(words: str) -> None:
    """Prints the next words of an answer that is being generated."""
    click.echo(safe_text(words), nl=False)


class DraftLine:
    """A draft answer on one dim line of the terminal, which the answer then replaces."""

    def __init__(self) -> None:
        self._words = ""

    def add(self, words: str) -> None:
        """Adds words to the draft and shows as much of it as fits on one line."""
        self._words += words
        room = get_terminal_size().columns - 1
        line = one_line(f"draft: {self._words}")
        click.echo(f"\r{ERASE_LINE}" + click.style(line[:room], dim=True), nl=False)

    def clear(self) -> None:
        """Erases the draft; safe to repeat."""
        if self._words:
            click.echo(f"\r{ERASE_LINE}", nl=False)
        self._words = ""


class AnswerPrinter:
    """Prints an answer while it is made, and then what is still to be said of it."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._draft = DraftLine()
        self._printed = ""

    def add_draft(self, words: str) -> None:
        """The next words of a draft."""
        if self._as_json:
            click.echo(json.dumps({"draft": words}))
        else:
            self._draft.add(words)

    def add_text(self, words: str) -> None:
        """The next words of the answer."""
        self._draft.clear()
        self._printed += words
        if self._as_json:
            click.echo(json.dumps({"text": words}))
        else:
            print_answer_words(words)

    def add_step(self, step: dict[str, Any], told: str) -> None:
        """A step, as its JSON object and as a line."""
        click.echo(json.dumps(step) if self._as_json else one_line(f"- {told}"))

    def start_again(self) -> None:
        """The answer is made anew from its beginning; what was printed of it stays on a line of its own."""
        self._draft.clear()
        if self._printed and not self._as_json:
            click.echo("")
        self._printed = ""

    def finish(self, answer: "Answer") -> None:
        """The answer is whole."""
        self._draft.clear()
        if self._as_json:
            click.echo(json.dumps(answer.to_json()))
        else:
            print_answer(answer, printed=self._printed)


def print_answer(answer: "Answer", *, printed: str = "") -> None:
    """Prints an answer.

    Args:
        printed: what was already printed of it while it was generated.
    """
    if printed:
        click.echo("")
    if one_line(printed) != one_line(answer.answer) or not printed:
        click.echo(one_line(answer.answer))
    for warning in answer.warnings:
        click.echo(f"warning: {one_line(warning)}", err=True)
    if not answer.found and answer.moments:
        click.echo("Not found; closest moments:" if printed else "Closest moments:")
    for moment in answer.moments:
        click.echo(cited_moment_line(moment))
    used = answer.evidence
    click.echo(
        f"{count_text(used.clips, 'clip')}, {count_text(used.frames, 'frame')}, {used.tokens:,} of"
        f" {used.context_limit:,} tokens, {used.passes} pass{'' if used.passes == 1 else 'es'}, {answer.seconds:.1f} s",
        err=True,
    )


def cited_moment_line(moment: "CitedMoment") -> str:
    """Start, stop, file and reason."""
    span = f"{time_code(moment.span.start_seconds)} - {time_code(moment.span.stop_seconds)}"
    why = f"  {one_line(moment.why)}" if moment.why else ""
    return f"{span}  {safe_text(PurePath(moment.video).name)}{why}"
