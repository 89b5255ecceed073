"""Which on-screen texts are scenery: a channel's logo, a watermark, the foot of every slide. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from indexer.ocr.lines import key_of
from indexer.records import TimedText, TimeSpan

LEAST_SCENES = 4
"""Of a video; with fewer a title that stays cannot be told from scenery."""
SCENERY_SHARE = 0.8
"""Share of a video's scenes, and of its time, in which the same words stand that are scenery."""


def mark_scenery(texts: Sequence[TimedText], scenes: Sequence[TimeSpan]) -> list[TimedText]:
    """The texts, those marked that stand in nearly every scene.

    Args:
        scenes: spans between changes of the scene, in order; a still picture is one scene, however long.
    """
    if len(scenes) < LEAST_SCENES:
        return list(texts)
    spans: dict[str, list[TimeSpan]] = {}
    for text in texts:
        spans.setdefault(key_of(text.text), []).append(text.span)
    total = sum(scene.duration_seconds for scene in scenes)
    scenery = {key for key, own in spans.items() if _is_everywhere(own, scenes, total)}
    return [replace(text, is_scenery=key_of(text.text) in scenery) for text in texts]


def _is_everywhere(spans: Sequence[TimeSpan], scenes: Sequence[TimeSpan], total_seconds: float) -> bool:
    if sum(span.duration_seconds for span in spans) < SCENERY_SHARE * total_seconds:
        return False
    shared = [sum(span.intersection_seconds(scene) for span in spans) for scene in scenes]
    met = sum(seconds >= scene.duration_seconds / 2 for seconds, scene in zip(shared, scenes, strict=True))
    return met >= SCENERY_SHARE * len(scenes)
