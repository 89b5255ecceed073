"""`reelseek ask`: a question, an answer, and the moments it rests on."""

import json
from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, flag, with_settings
from api.cli.options import STREAM
from indexer.config import Settings
from search.options import EFFORT, MODE, RETRIEVAL, VIDEO, EffortName, Mode


@click.command()
@click.argument("question")
@flag(VIDEO)
@flag(MODE)
@flag(EFFORT)
@flag(RETRIEVAL)
@flag(STREAM)
@with_settings(*SEARCH_MODEL_SETTINGS, "vision_language_model")
def ask(
    question: str,
    *,
    video: str | None,
    mode: Mode,
    effort: EffortName,
    retrieval: bool,
    stream: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Ask a question of a library of any length.

    The moments that match are retrieved, a vision-language model sees only these, and answers with the exact times.
    Words that were said or written are shown to it when the question calls for them.

    \b
    Examples:
      reelseek ask "What colour is the car in front of the bakery?"
      reelseek ask "When does she talk about taxes?" --video lecture.mp4
      reelseek ask "How often does a train pass?" --effort high
      reelseek ask "What topics are covered?" --video lecture.mp4     from captions and subtitles
      reelseek ask "Who wins?" --json | jq .moments[0]
      reelseek ask "Who wins?" --json --stream                        {"draft": ...}, {"text": ...} lines, the answer

    What is streamed first is a draft from captions and quoted text; the answer from the pictures replaces it.

    Returns 1 when it was not found; the moments are then those that came closest.
    """
    from api.cli.output.answer import DraftLine, print_answer, print_words
    from api.cli.terminal import is_terminal
    from search.answering.asker import Asker

    told: list[str] = []
    draft_line = DraftLine()

    def on_draft(words: str) -> None:
        if as_json:
            click.echo(json.dumps({"draft": words}))
        else:
            draft_line.add(words)

    def on_text(words: str) -> None:
        draft_line.clear()
        told.append(words)
        if as_json:
            click.echo(json.dumps({"text": words}))
        else:
            print_words(words)

    streams = stream or (not as_json and is_terminal())
    drafts = streams and (as_json or is_terminal())
    with Asker.open(Path(settings.library), settings=settings) as asker:
        answer = asker.ask(
            question,
            video=video,
            mode=mode,
            effort=effort,
            retrieval=retrieval,
            on_text=on_text if streams else None,
            on_draft=on_draft if drafts else None,
        )
        draft_line.clear()
    if as_json:
        click.echo(json.dumps(answer.to_json()))
    else:
        print_answer(answer, told="".join(told))
    return ExitCode.OK if answer.found else ExitCode.NOTHING_FOUND
