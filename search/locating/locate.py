"""Locates something in one picture of a video: a vision-language model is shown the picture, and says where it is."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_args

import numpy as np

from indexer.config import Settings
from indexer.decode.frame_transforms import scale_frame
from indexer.decode.video import open_video
from indexer.errors import NoBoxesError, PromptTooLongError, QueryError, SettingsError, UnreadableVideoError
from indexer.models.frame_pairs import PictureSize, fit_picture_size
from indexer.models.vision_language import BoxUnits, Frames, IsCancelled, Prompt, VisionLanguageModel
from indexer.records import SampledFrame, Video
from search.answering.context import AskContext
from search.answering.effort import reply_tokens
from search.locating.located import Located, PlaceKind
from search.locating.place_prompt import place_prompt, place_schema
from search.locating.place_reply import parse_places
from search.query.validation import check_query

PICTURE_TOKENS = (1280, 640, 320, 160, 80, 36)
"""Of the picture, the first that fits: small things are found in large pictures alone."""


def locate(
    context: AskContext,
    query: str,
    *,
    video: str,
    at_seconds: float,
    kind: PlaceKind = "boxes",
    is_cancelled: IsCancelled | None = None,
) -> Located:
    """Where something is in the picture on screen at a time.

    Args:
        query: what to look for.
        video: its id, the first digits of it, its path or its file name.
        at_seconds: time in the video.
        kind: a box around each place, or a point on it.

    Raises:
        QueryError: the query is empty, overlong, or not text; the video has no pictures, or none at this time.
        NotInLibraryError: no video, or several, go by that name.
        NoBoxesError: the model gives no boxes, or in unknown units.
        BoxReplyError: its reply names no place in the picture.
        SettingsError: the setting `box_units` names no units.
        PromptTooLongError: the query leaves no room for the picture.
        ModelError, VideoError, GenerationCancelledError.
    """
    started = time.perf_counter()
    text = check_query(query)
    found = context.engine.library.find_video(video)
    _check_time(found, at_seconds)
    units = box_units(context.settings, context.model)
    frame = _frame_at(context, found, at_seconds)
    frames, prompt = _fitted(text, frame, context.model, units=units, kind=kind)
    size = PictureSize(*frames.pixels.shape[1:3])
    (reply,) = context.model.generate(
        [prompt],
        max_tokens=reply_tokens(context.model),
        schema=place_schema(units, size, kind),
        is_cancelled=is_cancelled,
    )
    places = parse_places(reply.text, units=units, size=size, kind=kind)
    return Located(
        query=text,
        video=found.path,
        video_id=found.video_id,
        at_seconds=max(0.0, frame.time_seconds),
        picture=frame.pixels,
        boxes=places.boxes,
        points=places.points,
        model=context.model.name,
        seconds=time.perf_counter() - started,
        warnings=[f"left out: {fault}" for fault in places.faults],
    )


def box_units(settings: Settings, model: VisionLanguageModel) -> BoxUnits:
    """The units of a model's boxes: those of the settings, otherwise those that it states.

    Raises:
        SettingsError: the setting names none.
        NoBoxesError: neither does.
    """
    if settings.box_units:
        if settings.box_units not in get_args(BoxUnits):
            raise SettingsError(
                f"setting box_units = {settings.box_units!r} is not one of: {', '.join(get_args(BoxUnits))}"
            )
        return cast(BoxUnits, settings.box_units)
    if model.vision.boxes is None:
        raise NoBoxesError(
            f"the vision-language model {model.name} is not known to say where something is: it was not trained for"
            " boxes, or is of an unknown family; name another with --vision-language-model, or state its units with"
            " --box-units"
        )
    return model.vision.boxes


def _check_time(video: Video, at_seconds: float) -> None:
    if video.kind == "sound":
        raise QueryError(f"{video.path} has no pictures to look at; use `reelseek search` to find what is said in it")
    if not 0 <= at_seconds < video.duration_seconds:
        raise QueryError(
            f"{video.path} lasts {video.duration_seconds:.1f} s, so there is no frame at {at_seconds:g} s; give a time"
            " within it"
        )


def _frame_at(context: AskContext, video: Video, at_seconds: float) -> SampledFrame:
    settings = context.settings
    side = settings.picture_max_side
    with open_video(
        Path(video.path), settings=settings, times=[at_seconds], max_side=side, decode_pool=context.spares
    ) as reader:
        frame = next(iter(reader.frames()), None)
    if frame is None:
        raise UnreadableVideoError(f"{video.path}: no picture could be decoded at {at_seconds:g} s; try another time")
    return frame


def _fitted(
    query: str, frame: SampledFrame, model: VisionLanguageModel, *, units: BoxUnits, kind: PlaceKind
) -> tuple[Frames, Prompt]:
    """The picture as large as fits, and the prompt that shows it."""
    room = model.context_limit - reply_tokens(model)
    for frames in _sizes(frame, model):
        prompt = place_prompt(query, frames, units=units, kind=kind)
        if model.count_tokens(prompt) <= room:
            return frames, prompt
    raise PromptTooLongError(
        f"the query leaves no room for a picture in a context of {model.context_limit:,} tokens; shorten it"
    )


def _sizes(frame: SampledFrame, model: VisionLanguageModel) -> Iterator[Frames]:
    height, width = frame.pixels.shape[:2]
    for tokens in PICTURE_TOKENS:
        size = fit_picture_size(width, height, model.vision, most_tokens=tokens)
        pixels = scale_frame(frame.pixels, size.width, size.height)
        yield Frames(np.ascontiguousarray(pixels)[None], (max(0.0, frame.time_seconds),))  # (1, height, width, 3)
