"""Accuracy of captions, fact by fact: `python -m bench.captions --seed 4711 --minutes 20`.

Draws a world that no model was trained on, indexes it as a user would, and compares each segment's caption with the
scene that fills most of the segment, fact by fact. Prints two tables: shares that are right, and which motions are
taken for which.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.support.table import print_table
from demo.vlm.evaluate import judge_caption_facts
from demo.world.captions import caption_of, facts_of, parse_caption
from demo.world.make import make_world
from demo.world.scenes import Scene, plan_world
from indexer.config import Settings
from indexer.pipeline.index import index_paths
from indexer.records import TimeSpan
from indexer.store.library import Library

FACTS = ("colour", "shape", "motion", "size", "layout", "background", "pattern")
VIDEO_MINUTES = 5.0


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    world = options.folder / f"world-{options.minutes:g}min-seed{options.seed}"
    library = options.folder / f"library-{options.minutes:g}min-seed{options.seed}"
    if not (world / "questions.jsonl").is_file():
        make_world(world, minutes=options.minutes, seed=options.seed, video_minutes=VIDEO_MINUTES)
    settings = Settings(models="demo", library=str(library), screen_text=False, vision_language_model=options.model)
    index_paths([world], settings=settings)
    said = captions_of(library, plan_world(minutes=options.minutes, seed=options.seed, video_minutes=VIDEO_MINUTES))
    print(f"{len(said)} segments, world of {options.minutes:g} minutes, seed {options.seed}")
    print_table(("fact", "right"), [(name, f"{share:.3f}") for name, share in shares(said).items()])
    print_table(("true motion", "said", "times"), mistaken_motions(said))
    for scene, caption in said if options.wrong else []:
        if caption != caption_of(scene):
            print(f"{scene.video:03d} {scene.window[0]:6.1f}s  said {caption}\n{'':13}true {caption_of(scene)}")
    if options.out:
        options.out.write_text(json.dumps(shares(said), indent=1) + "\n", encoding="utf-8")


def captions_of(library: Path, videos: Sequence[Sequence[Scene]]) -> list[tuple[Scene, str]]:
    """Pairs each caption with the scene that its segment overlaps most."""
    with Library.open(library) as opened:
        found: list[tuple[Scene, str]] = []
        for video in opened.videos():
            scenes = videos[int(Path(video.path).stem.rsplit("-", 1)[1])]
            for row in opened.texts(video.video_id, "caption"):
                span = row.span
                shown = max(scenes, key=lambda scene, span=span: span.intersection_seconds(TimeSpan(*scene.window)))
                found.append((shown, row.text))
    return found


def shares(said: Sequence[tuple[Scene, str]]) -> dict[str, float]:
    """Returns the shares of captions that are right in each fact of all their actors, and word for word."""
    right: Counter[str] = Counter()
    for scene, caption in said:
        right.update(judge_caption_facts(parse_caption(caption), facts_of(scene)))
        right["whole caption"] += caption == caption_of(scene)
    return {name: round(right[name] / max(1, len(said)), 3) for name in (*FACTS, "whole caption")}


def mistaken_motions(said: Sequence[tuple[Scene, str]]) -> list[tuple[str, str, str]]:
    """Lists (true motion, captioned motion, count), most frequent first."""
    mistaken: Counter[tuple[str, str]] = Counter()
    for scene, caption in said:
        facts = parse_caption(caption)
        for place, actor in enumerate(scene.actors):
            told = facts.actors[place].motion if facts and place < len(facts.actors) else "not told"
            if told != actor.motion:
                mistaken[actor.motion, told] += 1
    return [(true, told, str(times)) for (true, told), times in mistaken.most_common()]


def _options(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("out/captions"), help="for the world and its library")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--model", default="", help="instead of the demo's own: a directory")
    parser.add_argument("--wrong", action="store_true", help="also print each caption that is not word for word right")
    parser.add_argument("--out", type=Path, help="keep the shares as JSON here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
