"""Worlds, libraries and questions for `bench.reach`, kept in a folder so that a long one is drawn and indexed once."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from demo.world.ground_truth import WorldIndex
from demo.world.make import make_world
from demo.world.questions import Question, world_questions
from demo.world.scenes import plan_world
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.vision_language import VisionLanguageModel
from indexer.pipeline.index import index_paths

VIDEO_MINUTES = 5.0
KINDS: tuple[str, ...] = ("what", "when", "absent")
MOST_DRAWS = 40
"""Each draw asks about other scenes of the same world, or in other words."""


@dataclass(frozen=True, slots=True)
class WorldQuestion:
    """A question of one world."""

    world: Path
    """Folder of its videos."""
    question: Question
    video: str
    """File name; empty for "absent"."""


def worlds_of(minutes: float) -> int:
    """How many worlds of a length are drawn: short ones hold few questions."""
    return max(1, round(20 / minutes))


def world_folder(folder: Path, minutes: float, seed: int) -> Path:
    return folder / f"world-{minutes:g}min-seed{seed}"


def library_folder(world: Path) -> Path:
    return world.with_name(world.name.replace("world", "library", 1))


def draw_and_index(
    world: Path,
    *,
    minutes: float,
    seed: int,
    settings: Settings,
    models: Models,
    model: VisionLanguageModel,
) -> Settings:
    """Draws the world where it is not there yet, and indexes what is missing; the library's settings."""
    if not (world / "questions.jsonl").is_file():
        make_world(world, minutes=minutes, seed=seed, video_minutes=VIDEO_MINUTES)
    done = index_paths([world], settings=settings, models=models, vision_language_model=model)
    assert not done.failed, f"{done.failed} videos of {world} could not be indexed"
    return settings


def draw_questions(folder: Path, *, minutes: float, seed: int, each: int) -> list[WorldQuestion]:
    """So many questions of each kind over all worlds of a length, as different as they come."""
    rng = Random(f"reach {minutes} {seed}")
    pools: dict[str, dict[str, WorldQuestion]] = {kind: {} for kind in KINDS}
    for number in range(worlds_of(minutes)):
        videos = plan_world(minutes=minutes, seed=seed + number, video_minutes=VIDEO_MINUTES)
        index = WorldIndex(scene for scenes in videos for scene in scenes)
        world = world_folder(folder, minutes, seed + number)
        wanted = 2 * each / worlds_of(minutes)
        counts: dict[str, int] = dict.fromkeys(KINDS, 0)
        for draw in range(MOST_DRAWS):
            if min(counts.values()) >= wanted:
                break
            for one in world_questions(index, seed=seed + 1000 * draw):
                key = f"{world.name} {one.question}"
                if key not in pools[one.kind] and counts[one.kind] < wanted:
                    video = "" if one.video is None else f"world-{seed + number}-{one.video:03d}.mp4"
                    pools[one.kind][key] = WorldQuestion(world, one, video)
                    counts[one.kind] += 1
    asked: list[WorldQuestion] = []
    for kind in KINDS:
        pool = list(pools[kind].values())
        asked += rng.sample(pool, min(each, len(pool)))
    return sorted(asked, key=lambda one: (one.world, KINDS.index(one.question.kind)))
