"""`reelseek chat`: questions that follow one another, from a terminal or a pipe."""

import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from indexer.config import Settings
from indexer.errors import Interrupted, LibraryError, ReelseekError
from indexer.library_place import library_place
from search.options import EFFORT, LOOK_AGAIN, MODE, RETRIEVAL, SCOPE, VIDEO, EffortName, Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.cli.interruptible import InterruptibleWork
    from search.conversation.conversation import Conversation
    from search.conversation.exchange import Exchange

PROMPT = "> "


@click.command()
@flag(VIDEO)
@flag(SCOPE)
@flag(MODE)
@flag(EFFORT)
@flag(RETRIEVAL)
@flag(LOOK_AGAIN)
@with_settings(*SEARCH_MODEL_SETTINGS, *VISION_LANGUAGE_SETTINGS)
def chat(
    *,
    video: str | None,
    scope: str | None,
    mode: Mode,
    effort: EffortName,
    retrieval: bool,
    look_again: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Have a conversation about your videos.

    A question may refer to earlier ones: "and what colour is it?", "when again?", "and after that?", "only in the
    second video". It is rewritten to stand alone, shown in that form and answered. Ctrl-C stops an answer; Ctrl-D
    ends the chat.

    \b
    Examples:
      reelseek chat
      reelseek chat --scope "tag:family date:2023"                    every question in this scope
      printf 'When does she sing?\\nand after that?\\n' | reelseek chat --json     one answer per line

    An error in one question does not end the chat. Returns 1 if the answer to the last question was not found.
    """
    from api.cli.interruptible import InterruptibleWork
    from search.answering.asker import Asker
    from search.conversation.conversation import Conversation

    work, code = InterruptibleWork(), ExitCode.OK
    with Asker.open(library_place(settings.library), settings=settings) as asker:
        conversation = Conversation(
            asker, video=video, scope=scope, mode=mode, effort=effort, retrieval=retrieval, look_again=look_again
        )
        try:
            for question in _questions(is_quiet=as_json):
                code = _ask(conversation, question, work, as_json=as_json)
        finally:
            work.close()
    return code


def _questions(*, is_quiet: bool) -> Iterator[str]:
    """The lines of standard input that are not empty; in a terminal each after a prompt, until Ctrl-D."""
    is_typed = sys.stdin.isatty()
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # such a question is refused in words
    if is_typed:
        import readline  # noqa: F401  # pyright: ignore[reportUnusedImport] - line editing and history
    while True:
        if is_typed:
            try:
                line = input("" if is_quiet else PROMPT)
            except EOFError:
                click.echo("", err=is_quiet)
                return
        elif not (line := sys.stdin.readline()):
            return
        if line.strip():
            yield line.strip()


def _ask(conversation: "Conversation", question: str, work: "InterruptibleWork", *, as_json: bool) -> ExitCode:
    """Answers and prints. An error of one question is told, and the chat goes on."""
    from api.cli.output.conversation import ConversationPrinter
    from search.answering.callbacks import AnswerCallbacks

    printer = ConversationPrinter(as_json=as_json)

    def answer(is_stopped: "Callable[[], bool]") -> "Exchange":
        hears = printer.heard_unless(is_stopped)
        callbacks = AnswerCallbacks(on_text=hears.on_text, on_draft=hears.on_draft, is_cancelled=is_stopped)
        return conversation.ask(question, on_understood=hears.on_understood, on_step=hears.on_step, callbacks=callbacks)

    try:
        exchange = work.run(answer)
    except Interrupted as error:
        printer.tell_error(error)
        return ExitCode.INTERRUPTED
    except LibraryError:
        raise
    except ReelseekError as error:
        printer.tell_error(error)
        return ExitCode.STOPPED
    printer.tell(exchange)
    return ExitCode.OK if exchange.answer.found else ExitCode.NOTHING_FOUND
