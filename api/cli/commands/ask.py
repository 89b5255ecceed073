"""`reelseek ask`: answer a question, with the moments that support the answer."""

from typing import TYPE_CHECKING

import click

from api.cli.asking_service import ask_by_service
from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import STREAM
from api.local.question import Listeners, Question
from indexer.config import Settings
from indexer.library_place import library_place
from search.options import CLIPS, EFFORT, LOOK_AGAIN, MODE, RETRIEVAL, SCOPE, VIDEO, EffortName, Mode

if TYPE_CHECKING:
    from search.answering.answer import Answer


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

    Reelseek retrieves the relevant moments, and a vision-language model that sees only these answers, citing exact
    times. It also gets speech, subtitles and on-screen text when the question calls for them.

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
    from api.cli.output.answer import AnswerPrinter
    from api.cli.terminal import is_terminal

    streams = stream or (not as_json and is_terminal())
    printer = AnswerPrinter(as_json=as_json)
    asked = Question(question, video, scope, clips, mode, effort, retrieval, look_again)
    listeners = Listeners(
        printer.add_text if streams else None,
        printer.add_draft if streams and (as_json or is_terminal()) else None,
        printer.add_step if streams else None,
    )
    answer = ask_by_service(settings, asked, listeners)
    if answer is None:
        printer.start_again()
        answer = _ask_alone(settings, asked, listeners)
    printer.finish(answer)
    return ExitCode.OK if answer.found else ExitCode.NOTHING_FOUND


def _ask_alone(settings: Settings, asked: Question, listeners: Listeners) -> "Answer":
    from api.local.answering import answer_question
    from search.answering.asker import Asker
    from search.chosen_clips.chosen_clip import refuse_beside_clips

    if asked.clips:
        refuse_beside_clips(
            video=asked.video, scope=asked.scope, retrieval=asked.retrieval, look_again=asked.look_again
        )
    with Asker.open(library_place(settings.library), settings=settings) as asker:
        return answer_question(asker, asked, listeners)
