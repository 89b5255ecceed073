"""`reelseek ask`: answer a question, with the moments that support the answer."""

import json
from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import STREAM
from indexer.config import Settings
from search.options import CLIPS, EFFORT, LOOK_AGAIN, MODE, RETRIEVAL, SCOPE, VIDEO, EffortName, Mode


@click.command()
@click.argument("question")
@flag(VIDEO)
@flag(SCOPE)
@flag(CLIPS)
@flag(MODE)
@flag(EFFORT)
@flag(RETRIEVAL)
@flag(LOOK_AGAIN)
@flag(STREAM)
@with_settings(*SEARCH_MODEL_SETTINGS, *VISION_LANGUAGE_SETTINGS)
def ask(
    question: str,
    *,
    video: str | None,
    scope: str | None,
    clips: tuple[str, ...],
    mode: Mode,
    effort: EffortName,
    retrieval: bool,
    look_again: bool,
    stream: bool,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Ask a question about your videos.

    The relevant moments are retrieved, and a vision-language model that sees only these answers, citing exact
    times. Speech, subtitles and on-screen text are shown to it when the question calls for them.

    \b
    Examples:
      reelseek ask "What colour is the car in front of the bakery?"
      reelseek ask "When does she talk about taxes?" --video lecture.mp4
      reelseek ask "How often does a train pass?" --effort high
      reelseek ask "What did she promise?" --scope "tag:interview date:2023 speaker:anna"
      reelseek ask "Are these two doing the same?" --clip talk.mp4@1:10-1:30 --clip b.mp4@0:05-0:20
      reelseek ask "What topics are covered?" --video lecture.mp4     from captions and subtitles
      reelseek ask "Who wins?" --json | jq .moments[0]
      reelseek ask "Who wins?" --json --stream                        {"draft": ...}, {"text": ...} lines, the answer

    While streaming, a draft from captions and quoted text comes first; the answer from the frames replaces it.

    Returns 1 if the answer was not found; the moments are then the closest ones.
    """
    from api.cli.output.answer import DraftLine, print_answer, print_answer_words
    from api.cli.terminal import is_terminal
    from api.safe_text import one_line
    from search.answering.asker import Asker
    from search.answering.callbacks import AnswerCallbacks
    from search.chosen_clips.ask_about_clips import ask_about_clips
    from search.chosen_clips.chosen_clip import refuse_beside_clips
    from search.looking.looker import look_and_answer
    from search.looking.steps import Step

    printed: list[str] = []
    draft_line = DraftLine()

    def on_draft(words: str) -> None:
        if as_json:
            click.echo(json.dumps({"draft": words}))
        else:
            draft_line.add(words)

    def on_text(words: str) -> None:
        draft_line.clear()
        printed.append(words)
        if as_json:
            click.echo(json.dumps({"text": words}))
        else:
            print_answer_words(words)

    def tell_step(step: Step) -> None:
        click.echo(json.dumps(step.to_json()) if as_json else one_line(f"- {step.told()}"))

    if clips:
        refuse_beside_clips(video=video, scope=scope, retrieval=retrieval, look_again=look_again)
    streams = stream or (not as_json and is_terminal())
    drafts = streams and (as_json or is_terminal())
    with Asker.open(Path(settings.library), settings=settings) as asker:
        if clips:
            answer = ask_about_clips(
                asker, question, clips, mode=mode, effort=effort, on_text=on_text if streams else None
            )
        elif look_again:
            answer = look_and_answer(
                asker,
                question,
                video=video,
                scope=scope,
                effort=effort,
                on_step=tell_step if streams else None,
                callbacks=AnswerCallbacks(on_text if streams else None),
            )
        else:
            answer = asker.ask(
                question,
                video=video,
                scope=scope,
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
        print_answer(answer, printed="".join(printed))
    return ExitCode.OK if answer.found else ExitCode.NOTHING_FOUND
