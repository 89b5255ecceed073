"""A first answer from words alone: what was written of the clips when they were indexed, while pictures are read.

Reading pictures and having a model look at them takes most of the time of an answer, minutes for a large model
without a GPU. Captions and quoted text are there at once, so whoever watches gets a draft from them; the answer that
follows rests on the pictures and replaces it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from indexer.models.vision_language import VisionLanguageModel
from search.answering.callbacks import AnswerCallbacks
from search.answering.clip_planning import PlannedClip
from search.answering.prompts import ask_prompt
from search.answering.reply import AnswerStream
from search.answering.token_budget import blank_clip

DRAFT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "found": {"type": "boolean"}},
    "required": ["answer", "found"],
    "additionalProperties": False,
}
"""The beginning of a reply: what a draft would cite has not been looked at. It goes one key past the answer, since a
model that learnt to go on there (`", "found"`) cannot end the answer where the grammar lets nothing follow."""


def tell_draft(
    question: str,
    planned: Sequence[PlannedClip],
    model: VisionLanguageModel,
    *,
    max_tokens: int,
    callbacks: AnswerCallbacks,
) -> None:
    """Tells `callbacks.on_draft` a first answer; nothing where nobody listens or nothing is written of the clips.

    Raises:
        GenerationCancelledError, DeviceMemoryError, ModelBusyError: see the model.
    """
    told = [clip for clip in planned if clip.candidate.caption or clip.candidate.text]
    if callbacks.on_draft is None or not told:
        return
    if callbacks.on_evidence is not None:
        callbacks.on_evidence([(clip.candidate.video_id, clip.candidate.span) for clip in planned])
    prompt = ask_prompt(question, [replace(blank_clip(clip), pairs=()) for clip in told])
    model.generate(
        [prompt],
        max_tokens=max_tokens,
        schema=DRAFT_SCHEMA,
        on_text=AnswerStream(callbacks.on_draft),
        is_cancelled=callbacks.is_cancelled,
    )
