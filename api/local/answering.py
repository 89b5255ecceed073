"""The answer to a question of a command, made in this process: by the command itself, or by a service for it."""

from api.local.question import Listeners, Question
from indexer.models.vision_language import IsCancelled
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.answering.callbacks import AnswerCallbacks
from search.chosen_clips.ask_about_clips import ask_about_clips
from search.looking.looker import look_and_answer
from search.looking.steps import Step


def answer_question(
    asker: Asker, asked: Question, listeners: Listeners, *, is_cancelled: IsCancelled | None = None
) -> Answer:
    """The answer, about the clips or after looking again where the question says so.

    Raises:
        ReelseekError: as `Asker.ask`, `ask_about_clips` and `look_and_answer`.
    """
    if asked.clips:
        return ask_about_clips(
            asker,
            asked.question,
            asked.clips,
            mode=asked.mode,
            effort=asked.effort,
            on_text=listeners.on_text,
            is_cancelled=is_cancelled,
        )
    if asked.look_again:
        tell = listeners.on_step

        def on_step(step: Step) -> None:
            if tell:
                tell(step.to_json(), step.told())

        return look_and_answer(
            asker,
            asked.question,
            video=asked.video,
            scope=asked.scope,
            effort=asked.effort,
            on_step=on_step,
            callbacks=AnswerCallbacks(listeners.on_text, is_cancelled=is_cancelled),
        )
    return asker.ask(
        asked.question,
        video=asked.video,
        scope=asked.scope,
        mode=asked.mode,
        effort=asked.effort,
        retrieval=asked.retrieval,
        on_text=listeners.on_text,
        on_draft=listeners.on_draft,
        is_cancelled=is_cancelled,
    )
