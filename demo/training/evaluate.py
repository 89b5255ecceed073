"""Evaluates the tiny CLIP and text model on a world that they were not trained on.

`python -m demo.training.evaluate`. Frames are drawn with codec noise, one a second; no video is written and no library
is used. A query is found at rank k when one of the k best scenes (pictures), signs or lines answers it.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import cast

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from open_clip import CLIP
from PIL import Image
from sentence_transformers import SentenceTransformer
from torch import Tensor

from demo.training.codec_noise import add_codec_noise
from demo.world.descriptions import Description, describe_scene, say_description
from demo.world.ground_truth import TruthLine, WorldIndex, line_window, sign_window, world_truth
from demo.world.make import video_pictures
from demo.world.scenes import FRAMES_PER_SECOND, Scene, plan_world
from demo.world.vocabulary import ACTOR_COLOURS, BACKGROUND_COLOURS, PATTERNS, SHAPES

Vectors = NDArray[np.float32]
Spot = tuple[int, float, float]
"""(video, start, stop) in seconds: what is ranked."""

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"


class TinyClip:
    """The tiny CLIP as two functions that return unit vectors."""

    def __init__(self, folder: Path) -> None:
        name = f"local-dir:{folder}"
        made = open_clip.create_model_and_transforms(name)
        self.model = cast(CLIP, made[0]).eval()
        self.preprocess = cast(Callable[[Image.Image], Tensor], made[2])
        self.tokenizer = open_clip.get_tokenizer(name)

    @torch.inference_mode()
    def encode_texts(self, texts: list[str]) -> Vectors:
        """Returns (n, dim)."""
        parts = [
            self.model.encode_text(self.tokenizer(texts[start : start + 256]), normalize=True).numpy()
            for start in range(0, len(texts), 256)
        ]
        return np.concatenate(parts)

    @torch.inference_mode()
    def encode_pictures(self, pictures: list[NDArray[np.uint8]]) -> Vectors:
        """Returns (n, dim) for (height, width, 3) RGB pictures."""
        batch = torch.stack([self.preprocess(Image.fromarray(picture)) for picture in pictures])
        return self.model.encode_image(batch, normalize=True).numpy()


def evaluation_frames(videos: list[list[Scene]], rng: Random) -> Iterator[tuple[Scene, NDArray[np.uint8]]]:
    """Yields one noisy frame a second with the scene that is on screen."""
    for scenes in videos:
        shown = [scene for scene in scenes for _ in range(scene.length)]
        for number, picture in enumerate(islice(video_pictures(scenes), 0, None, FRAMES_PER_SECOND)):
            yield shown[number * FRAMES_PER_SECOND], add_codec_noise(picture, rng)


def evaluate_recall(queries: Vectors, lines: list[TruthLine], vectors: Vectors, spots: list[Spot]) -> dict[int, float]:
    """Returns the share of queries with an answer among the best 1, 5 and 10 different spots."""
    ranks: list[int] = []
    for query, line in zip(queries, lines, strict=True):
        order = np.argsort(-(vectors @ query), kind="stable")
        best = list(dict.fromkeys(spots[index] for index in order[:400]))[:10]
        wanted = {(line.video, *window) for window in line.windows}
        ranks.append(next((rank for rank, spot in enumerate(best, 1) if spot in wanted), 99))
    return {k: float(np.mean([rank <= k for rank in ranks])) for k in (1, 5, 10)}


def attribute_accuracy(clip: TinyClip, frames: list[tuple[Scene, Vectors]], rng: Random) -> dict[str, float]:
    """Returns by attribute how often the true caption beats all captions that differ in that attribute alone."""
    right: dict[str, list[bool]] = {}
    for scene, vector in frames:
        everyone = tuple(range(len(scene.actors)))
        true = describe_scene(scene, actors=everyone, size=True, relation=True, background=True, pattern=True)
        for name, others in rival_descriptions(true, rng).items():
            wording = rng.randrange(1 << 30)
            texts = clip.encode_texts([say_description(one, Random(wording)) for one in [true, *others]])
            right.setdefault(name, []).append(int(np.argmax(texts @ vector)) == 0)
    return {name: float(np.mean(values)) for name, values in sorted(right.items())}


def rival_descriptions(true: Description, rng: Random) -> dict[str, list[Description]]:
    """Lists, by attribute, the descriptions that differ from the true one in it."""
    index = rng.randrange(len(true.actors))
    actor = true.actors[index]

    def with_actor(**changes: str) -> Description:
        changed = replace(actor, **changes)  # pyright: ignore[reportArgumentType]
        return replace(true, actors=(*true.actors[:index], changed, *true.actors[index + 1 :]))

    found = {
        "colour": [with_actor(colour=name) for name in ACTOR_COLOURS if name != actor.colour],
        "shape": [with_actor(shape=name) for name in SHAPES if name != actor.shape],
        "background": [replace(true, background=name) for name in BACKGROUND_COLOURS if name != true.background],
        "pattern": [replace(true, pattern=name) for name in PATTERNS if name != true.pattern],
    }
    if actor.size is not None:
        found["size"] = [with_actor(size="small" if actor.size == "large" else "large")]
    if len(true.actors) == 2:
        one, two = true.actors
        found["places swapped"] = [replace(true, actors=(two, one))]
        if one.colour != two.colour and one.shape != two.shape:
            swapped = replace(one, colour=two.colour), replace(two, colour=one.colour)
            found["colours swapped"] = [replace(true, actors=swapped)]
    return found


def evaluate_trained_models(*, clip_folder: Path, text_folder: Path, minutes: float, seed: int) -> None:
    """Prints the tables."""
    videos = plan_world(minutes=minutes, seed=seed)
    index = WorldIndex(scene for scenes in videos for scene in scenes)
    truth = world_truth(index, seed=seed)
    print(f"seed {seed}, {minutes:g} minutes, {len(index.scenes)} scenes, {len(truth)} queries")
    clip, rng = TinyClip(clip_folder), Random(f"reelseek evaluation {seed}")
    shown: list[Scene] = []
    parts: list[Vectors] = []
    spent = 0.0
    frames = evaluation_frames(videos, rng)
    while batch := list(islice(frames, 64)):
        shown += [scene for scene, _ in batch]
        began = time.process_time()
        parts.append(clip.encode_pictures([picture for _, picture in batch]))
        spent += time.process_time() - began
    vectors = np.concatenate(parts)
    print(f"{len(vectors)} frames, {1000 * spent / len(vectors):.1f} ms of processor time each, preprocessing included")
    spots: list[Spot] = [(scene.video, *scene.window) for scene in shown]
    for kind in ("picture", "motion"):
        lines = [line for line in truth if line.kind == kind]
        _print_recall(
            kind, evaluate_recall(clip.encode_texts([line.query for line in lines]), lines, vectors, spots), len(lines)
        )
    chosen = rng.sample(range(len(shown)), min(300, len(shown)))
    accuracy = attribute_accuracy(clip, [(shown[row], vectors[row]) for row in chosen], rng)
    print(", ".join(f"{name} {value:.3f}" for name, value in accuracy.items()))
    _evaluate_text(SentenceTransformer(str(text_folder), device="cpu"), index, truth)


def _evaluate_text(model: SentenceTransformer, index: WorldIndex, truth: list[TruthLine]) -> None:
    said: list[tuple[str, Spot]] = []
    signs: list[tuple[str, Spot]] = []
    for scene in index.scenes:
        if scene.line is not None:
            said.append((scene.line.text, (scene.video, *line_window(scene))))
        if scene.sign is not None:
            signs.append((scene.sign.text, (scene.video, *sign_window(scene))))
    for kind, documents in (("said", said), ("sign", signs)):
        lines = [line for line in truth if line.kind == kind]
        if lines:
            queries = np.asarray(model.encode_query([line.query for line in lines]), np.float32)
            vectors = np.asarray(model.encode_document([text for text, _ in documents]), np.float32)
            _print_recall(kind, evaluate_recall(queries, lines, vectors, [spot for _, spot in documents]), len(lines))


def _print_recall(kind: str, shares: dict[int, float], count: int) -> None:
    print(f"{kind:8} {count:5} queries  " + "  ".join(f"R@{k} {share:.3f}" for k, share in shares.items()))


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, default=CHECKPOINTS / "clip", help="open_clip directory")
    parser.add_argument("--text", type=Path, default=CHECKPOINTS / "text", help="sentence-transformers directory")
    parser.add_argument("--minutes", type=float, default=120.0, help="playing time of the world (default 120)")
    parser.add_argument("--seed", type=int, default=1000, help="a world of another seed than training's (default 1000)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    evaluate_trained_models(
        clip_folder=options.clip, text_folder=options.text, minutes=options.minutes, seed=options.seed
    )


if __name__ == "__main__":
    main()
