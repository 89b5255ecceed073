"""Hard negatives: queries with the captions that the text model ranks before the right one, among hours of scenes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
from sentence_transformers import SentenceTransformer

from demo.text.pairs import text_query_about
from demo.world.captions import caption_of
from demo.world.scenes import Scene, random_scene

SCENES = 6000
NEAREST = 64


@dataclass(frozen=True, slots=True)
class HardQuery:
    """A query with the scene that answers it and scenes that nearly do."""

    query: str
    answered_by: Callable[[Scene], bool]
    scenes: list[Scene]
    """The right one first; none of the others answers the query."""

    @property
    def documents(self) -> list[str]:
        return [caption_of(scene) for scene in self.scenes]


class HardNegatives:
    """Samples queries from a fixed set of scenes, whose captions are embedded once."""

    def __init__(self, text_checkpoint: Path, *, seed: int) -> None:
        rng = Random(f"reelseek hard captions {seed}")
        self._scenes = [random_scene(rng) for _ in range(SCENES)]
        self._model = SentenceTransformer(str(text_checkpoint), device="cpu", local_files_only=True)
        self._vectors = self._embed([caption_of(scene) for scene in self._scenes])  # (n, width)

    def draw(self, count: int, rivals: int, rng: Random, *, questions: float) -> list[HardQuery]:
        """Samples `count` queries, each with `rivals` scenes beside the right one, half of them the nearest."""
        rights = [rng.choice(self._scenes) for _ in range(count)]
        asked = [text_query_about(scene, rng, questions=questions) for scene in rights]
        near = self._embed([query for query, _ in asked]) @ self._vectors.T  # (count, n)
        found: list[HardQuery] = []
        for (query, answered_by), right, cosines in zip(asked, rights, near, strict=True):
            order = (self._scenes[place] for place in np.argsort(-cosines))
            wrong = list(islice((scene for scene in order if not answered_by(scene)), NEAREST))
            chosen = wrong[: rivals // 2] + rng.sample(wrong[rivals // 2 :], rivals - rivals // 2)
            found.append(HardQuery(query, answered_by, [right, *chosen]))
        return found

    def _embed(self, texts: list[str]) -> np.ndarray:
        return np.asarray(self._model.encode(texts, batch_size=128, show_progress_bar=False, normalize_embeddings=True))
