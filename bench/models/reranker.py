"""The reranker on a world that it was not trained on: `python -m bench.models.reranker`.

True captions, lines and signs of a world of hours, no picture and no library: which scene comes first for a search and
for what is left of a question, by the text model's cosine, and after the reranker has read the nearest.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from bench.support.table import print_table
from demo.world.captions import caption_of
from demo.world.ground_truth import Window, WorldIndex, world_truth
from demo.world.questions import world_questions
from demo.world.scenes import Scene, plan_world
from indexer.models.profiles import PROFILES
from indexer.models.protocols import Reranker, TextModel
from indexer.models.reranker import load_reranker
from indexer.models.text_embedder import load_text_model
from search.answering.question_analysis import retrieval_query_of_question
from search.retrieval.reranking import MOST_SEGMENTS


@dataclass(frozen=True, slots=True)
class WorldQuery:
    """A query with the windows that answer it."""

    query: str
    video: int
    windows: tuple[Window, ...]

    def is_answered_by(self, scene: Scene) -> bool:
        start, stop = scene.window
        return scene.video == self.video and any(first < stop and start < last for first, last in self.windows)


def world_queries(index: WorldIndex, *, seed: int, each: int) -> dict[str, list[WorldQuery]]:
    """Samples queries by kind: searches by what they look for, questions by their first words."""
    pools: dict[str, list[WorldQuery]] = defaultdict(list)
    for line in world_truth(index, seed=seed):
        pools[f"search: {line.kind}"].append(WorldQuery(line.query, line.video, line.windows))
    for one in world_questions(index, seed=seed):
        if one.video is not None:
            kind = "How many things" if one.question.startswith("How many") else " ".join(one.question.split()[:3])
            pools[f"{kind} ..."].append(WorldQuery(retrieval_query_of_question(one.question), one.video, one.windows))
    rng = Random(f"reranker {seed}")
    return {kind: rng.sample(pool, min(each, len(pool))) for kind, pool in sorted(pools.items())}


class SceneTexts:
    """The texts of a world's scenes, ranked by the text model and reranked."""

    def __init__(self, scenes: Sequence[Scene], text_model: TextModel, reranker: Reranker) -> None:
        self._scenes, self._text_model, self._reranker = scenes, text_model, reranker
        self._places: list[int] = []
        self._texts: dict[int, list[str]] = defaultdict(list)
        for place, scene in enumerate(scenes):
            for text in (caption_of(scene), scene.line and scene.line.text, scene.sign and scene.sign.text):
                if text:
                    self._places.append(place)
                    self._texts[place].append(text)
        texts = [text for own in self._texts.values() for text in own]
        self._vectors = text_model.embed_documents(texts).astype(np.float32)  # (n, dim)

    def judge(self, one: WorldQuery) -> tuple[bool, bool, bool]:
        """Returns whether the nearest scene answers, any of the nearest, and the one that the reranker ranks first."""
        vector = self._text_model.embed_queries([one.query])[0].astype(np.float32)
        order = np.argsort(-(self._vectors @ vector))[: 4 * MOST_SEGMENTS]
        near = list(dict.fromkeys(self._places[place] for place in order))[:MOST_SEGMENTS]
        pairs = [(place, text) for place in near for text in self._texts[place]]
        first, _ = pairs[int(self._reranker.rerank_logits(one.query, [text for _, text in pairs]).argmax())]
        answers = [one.is_answered_by(self._scenes[place]) for place in near]
        return answers[0], any(answers), one.is_answered_by(self._scenes[first])


def main() -> None:
    """Reads the options, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--each", type=int, default=60, help="queries of each kind")
    parser.add_argument("--reranker", default=PROFILES["demo"].reranker_model, help="folder of another checkpoint")
    options = parser.parse_args()
    scenes = [scene for scenes in plan_world(minutes=options.minutes, seed=options.seed) for scene in scenes]
    text_model = load_text_model(PROFILES["demo"].text_model, device="cpu")
    told = SceneTexts(scenes, text_model, load_reranker(options.reranker, device="cpu"))
    rows: list[tuple[str, ...]] = []
    for kind, asked in world_queries(WorldIndex(scenes), seed=options.seed, each=options.each).items():
        shares = np.mean(np.array([told.judge(one) for one in asked], float), axis=0)
        rows.append((kind, str(len(asked)), *(f"{share:.2f}" for share in shares)))
    print_table(("queries", "count", "R@1 by vectors", f"among {MOST_SEGMENTS}", "R@1 read again"), rows)


if __name__ == "__main__":
    main()
