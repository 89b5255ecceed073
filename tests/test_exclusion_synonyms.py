"""Synonyms learned from captions with a real model, and the exclusions that use them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.config import Settings
from indexer.models.loading import Models, load_models
from indexer.models.profiles import PROFILES
from indexer.models.protocols import TextModel
from indexer.store.hits import Similarities
from search.engine import SearchEngine
from search.exclusion.caption_synonyms import MIN_CAPTIONS, caption_synonyms
from search.scoring.background import MIN_SAMPLE
from tests.helpers.fakes_search import FakePictureModel, SmallLibrary

pytestmark = pytest.mark.slow

STREET = [
    f"{what} {where}"
    for what in (
        "a car drives along", "a blue car stands", "a dog runs", "two people talk", "a child plays", "snow falls",
        "a cyclist waits", "a cat sleeps", "a lorry is unloaded", "a man sells flowers",
    )
    for where in ("in the street", "before a house", "near the bridge", "at the corner", "beside a park", "on a hill")
]  # fmt: skip


def compared(model: TextModel, captions: list[str]) -> Callable[[str], Similarities]:
    vectors = np.asarray(model.embed_documents(captions), np.float32)
    return lambda word: vectors @ np.asarray(model.embed_queries([word])[0], np.float32)


@pytest.fixture(scope="module", name="sentences")
def sentences_fixture() -> Callable[[str], Similarities]:
    model = load_models(Settings(models="text"), announce=print).text
    assert model is not None
    return compared(model, STREET)


@pytest.mark.parametrize(
    ("thing", "same"),
    [
        ("automobile", {"automobile": "car"}),
        ("a black automobile", {"automobile": "car"}),
        ("poodle", {"poodle": "dog"}),  # the nearest that there is: a street has no other animal but a cat
        ("rain", {}),
        ("car", {}),  # their own word
        ("the", {}),
    ],
)
def test_synonyms_are_the_captioners_words(
    sentences: Callable[[str], Similarities], thing: str, same: dict[str, str]
) -> None:
    assert caption_synonyms(thing, STREET, sentences) == same


def test_few_captions_give_no_synonyms(sentences: Callable[[str], Similarities]) -> None:
    few = STREET[: MIN_SAMPLE - 1]
    assert caption_synonyms("automobile", few, lambda word: sentences(word)[: len(few)]) == {}


@settings(max_examples=30, deadline=None)
@given(
    captions=st.lists(st.text("abc ", min_size=1, max_size=6), min_size=MIN_SAMPLE, max_size=60),
    seed=st.integers(0, 1000),
    level=st.booleans(),
)
def test_a_synonym_is_a_word_of_the_captions(captions: list[str], seed: int, level: bool) -> None:
    numbers = np.random.default_rng(seed)

    def compare(word: str) -> Similarities:
        return np.zeros(len(captions), np.float32) if level else numbers.random(len(captions), np.float32)

    for word, other in caption_synonyms("aa bb", captions, compare).items():
        assert word != other and not level
        assert sum(other in caption.split() for caption in captions) >= MIN_CAPTIONS


SHAPES, COLOURS = "circle square star".split(), "red blue green yellow".split()
PATTERNS = "shaded dotted striped checked plain".split()
WORDS = {"gradient": "shaded", "spotted": "dotted", "stripy": "striped", "chequered": "checked"}


@pytest.fixture(scope="module", name="engine")
def engine_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """A shot of five seconds for each shape, colour and pattern; only the captions tell what is seen."""
    models = Models(PROFILES["demo"], FakePictureModel(dim=64), load_models(Settings(models="demo")).text)
    library = SmallLibrary(tmp_path_factory.mktemp("own") / "library", models)
    stages = {"picture": "1", "captions": "1"}
    for pattern in PATTERNS:
        seen = [f"a {colour} {shape}" for shape in SHAPES for colour in COLOURS]
        shots = [(5.0 * number, 5.0 * number + 5, "something") for number in range(len(seen))]
        lines = [
            ("caption", start, stop, f"only a large {words[2:]} staying still, on a {pattern} grey background")
            for (start, stop, _), words in zip(shots, seen, strict=True)
        ]
        library.add(f"{pattern}.mp4", shots, lines, stages=stages)  # type: ignore[arg-type]
    with SearchEngine.open(library.close(), settings=Settings(), load=lambda _: models) as engine:
        yield engine


@pytest.mark.parametrize("exclusion", ["-{}", "not on a {} background", "not in front of a {} background"])
@pytest.mark.parametrize("word", WORDS)
def test_an_exclusion_applies_to_captions_with_synonyms(engine: SearchEngine, word: str, exclusion: str) -> None:
    plain = {Path(one.video).stem for one in engine.search("a red circle", limit=100, per_video=0).moments}
    found = engine.search(f"a red circle {exclusion.format(word)}", limit=100, per_video=0).moments
    assert plain == set(PATTERNS)
    assert {Path(one.video).stem for one in found} == plain - {WORDS[word]}
