"""The two committed checkpoints: they load in their libraries, give the vectors they gave, and bind colour to shape."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from demo.training.evaluate import CHECKPOINTS, TinyClip
from demo.training.golden import GOLDEN_FILE, golden_vectors
from demo.world import spoken_lines as spoken
from demo.world.descriptions import describe_scene, say_description
from demo.world.drawing import ScenePainter
from demo.world.scenes import Scene, random_scene

pytestmark = pytest.mark.slow

PAIRS = 100


@pytest.fixture(scope="module")
def clip() -> TinyClip:
    return TinyClip(CHECKPOINTS / "clip")


@pytest.fixture(scope="module")
def text() -> SentenceTransformer:
    return SentenceTransformer(str(CHECKPOINTS / "text"), device="cpu")


def two_actor_scenes(count: int) -> list[tuple[Scene, Scene]]:
    """Scenes with two actors of different colours and shapes, each with the scene whose colours are swapped."""
    rng = Random("binding")
    found: list[tuple[Scene, Scene]] = []
    while len(found) < count:
        scene = random_scene(rng)
        if len(scene.actors) == 2:
            one, two = scene.actors
            swapped = replace(scene, actors=(replace(one, colour=two.colour), replace(two, colour=one.colour)))
            if one.colour != two.colour and one.shape != two.shape:
                found.append((scene, swapped))
    return found


def caption(scene: Scene) -> str:
    return say_description(describe_scene(scene, actors=(0, 1), relation=True, background=True), Random(1))


def test_weights_are_small_and_safe(clip: TinyClip) -> None:
    weights = [path for path in CHECKPOINTS.rglob("*") if path.suffix in (".safetensors", ".bin", ".pt")]
    assert {path.suffix for path in weights} == {".safetensors"}
    assert all(path.stat().st_size < 15_000_000 for path in weights)


def test_vectors_are_those_stored(clip: TinyClip, text: SentenceTransformer) -> None:
    stored = json.loads(Path(GOLDEN_FILE).read_text())
    for name, vectors in golden_vectors(clip, text).items():
        wanted = np.array(stored[name])
        assert vectors.shape == wanted.shape
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)
        assert np.sum(vectors * wanted, axis=1) == pytest.approx(1.0, abs=2e-3), name


def test_the_right_caption_wins_over_the_one_with_swapped_colours(clip: TinyClip) -> None:
    pairs = two_actor_scenes(PAIRS)
    vectors = clip.encode_pictures([ScenePainter(scene).frame(10) for scene, _ in pairs])
    right = clip.encode_texts([caption(scene) for scene, _ in pairs])
    wrong = clip.encode_texts([caption(swapped) for _, swapped in pairs])
    wins = np.sum(vectors * right, axis=1) > np.sum(vectors * wrong, axis=1)
    assert wins.mean() >= 0.9


def test_unknown_words_and_long_texts_do_not_break_the_tokenizer(clip: TinyClip) -> None:
    vectors = clip.encode_texts(["Zwölf Boxkämpfer 🙂 東京", "red circle " * 200, ""])
    assert np.isfinite(vectors).all()


def test_paraphrases_find_their_line(text: SentenceTransformer) -> None:
    rng = Random("lines")
    meanings = [spoken.random_spoken_meaning(rng) for _ in range(200)]
    lines = text.encode_document([spoken.spoken_line_text(meaning, rng) for meaning in meanings])
    queries = text.encode_query([spoken.spoken_query_text(meaning, spoken.FIELDS[4], rng) for meaning in meanings])
    found = np.argmax(np.asarray(queries) @ np.asarray(lines).T, axis=1)
    assert np.mean(found == np.arange(len(meanings))) >= 0.95
