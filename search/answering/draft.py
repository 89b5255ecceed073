"""Draft of an answer, generated from captions and quoted text while the pictures of the clips are still being read.

Reading pictures and showing them to a model takes most of the time of an answer, minutes for a large model without a
GPU. Captions and quoted text are in the library, so a draft from them comes at once; the answer, which rests on the
pictures, replaces it.
"""

from collections.abc import Sequence
from typing import Any

from indexer.models.vision_language import VisionLanguageModel
from search.answering.callbacks import AnswerCallbacks
from search.answering.clip_planning import PlannedClip
from search.answering.prompts import ask_prompt
from search.answering.reply import AnswerStream
from search.answering.token_budget import text_of_clip

DRAFT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "found": {"type": "boolean"}},
    "required": ["answer", "found"],
    "additionalProperties": False,
}
"""The beginning of a reply, without citations: the model has seen none of the clips. It goes one key past the answer,
since a model that was trained to go on there (`", "found"`) cannot end the answer where the grammar allows no key."""


def generate_draft(
    question: str,
    planned: Sequence[PlannedClip],
    model: VisionLanguageModel,
    *,
    max_tokens: int,
    callbacks: AnswerCallbacks,
) -> None:
    """Generates a draft for `callbacks.on_draft`; none without that callback, or where the clips have no text.

    Raises:
        GenerationCancelledError, DeviceMemoryError, ModelBusyError: see the model.
    """
    with_text = [clip for clip in planned if clip.candidate.caption or clip.candidate.text]
    if callbacks.on_draft is None or not with_text:
        return
    if callbacks.on_evidence is not None:
        callbacks.on_evidence([(clip.candidate.video_id, clip.candidate.span) for clip in planned])
    prompt = ask_prompt(question, [text_of_clip(clip) for clip in with_text])
    model.generate(
        [prompt],
        max_tokens=max_tokens,
        schema=DRAFT_SCHEMA,
        on_text=AnswerStream(callbacks.on_draft),
        is_cancelled=callbacks.is_cancelled,
    )
