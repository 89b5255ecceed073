"""Evaluates the tiny Qwen2-VL on a world that it was not trained on: `python -m demo.vlm.evaluate`.

Captions are judged fact by fact. Questions are those of `demo.world.questions`. In place of a search, scenes are ranked
by the words they share with the question, with the right one first in most cases. No video is encoded or decoded.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from demo.training.codec_noise import add_codec_noise
from demo.vlm.clips.frames import shrink_clip_frame
from demo.world.captions import CaptionFacts, caption_of, facts_of, parse_caption
from demo.world.drawing import ScenePainter
from demo.world.ground_truth import WorldIndex
from demo.world.questions import Question, world_questions
from demo.world.scenes import FRAMES_PER_SECOND, Scene, plan_world
from demo.world.vocabulary import COLOUR_SYNONYMS, PATTERNS, SHAPES, SIZES
from indexer.models.frame_pairs import PAIR_SECONDS, pair_times
from indexer.models.local.model import load_local_model
from indexer.models.vision_language import Frames, VisionLanguageModel
from indexer.pipeline.stages.caption_prompt import MAX_CAPTION_PAIRS, MAX_CAPTION_TOKENS, caption_prompt
from indexer.records import TimeSpan
from search.answering.effort import EFFORTS, fit_answering_effort
from search.answering.prompts import ShownClip, ask_prompt
from search.answering.question_analysis import question_calls_for_text, retrieval_query_of_question
from search.answering.reply import NOTHING, parse_reply
from search.text.words import split_words

FIRST_SHARE = 0.85
"""How often the right scene is the first clip."""
REPLY_TOKENS = 256
PLAIN_WORDS = {
    word: words[0] for table in (SHAPES, PATTERNS, SIZES, COLOUR_SYNONYMS) for words in table.values() for word in words
}


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """One question with the judgement of its reply."""

    question: Question
    found: bool
    answered: bool
    """Whether the answer's words are right; meaningful for "what" only."""
    overlap: float
    """Best intersection over union of the first moment with a window that answers; 0 in another video."""
    reply: str


def render_evaluated_clip(scene: Scene, *, text: bool, rng: Random, caption: str = "") -> ShownClip:
    """Renders a scene as the product shows it, with codec noise."""
    start, stop = scene.window
    painter, codec = ScenePainter(scene), rng.random()
    runs: list[Frames] = []
    for time in pair_times(TimeSpan(start, stop), MAX_CAPTION_PAIRS):
        first = int((time - start) * FRAMES_PER_SECOND + 1e-6)
        indexes = (first, min(first + round(PAIR_SECONDS * FRAMES_PER_SECOND), scene.length - 1))
        pixels = np.stack(
            [shrink_clip_frame(add_codec_noise(painter.frame(index), Random(codec)), 1) for index in indexes]
        )
        runs.append(Frames(pixels, tuple(start + index / FRAMES_PER_SECOND for index in indexes)))
    return ShownClip(TimeSpan(start, stop), tuple(runs), text_in_evaluated_scene(scene) if text else "", caption)


def text_in_evaluated_scene(scene: Scene) -> str:
    """Joins what is read and heard in a scene."""
    return " ".join(one.text for one in (scene.sign, scene.line) if one is not None)


def judge_captions(model: VisionLanguageModel, scenes: Sequence[Scene], *, batch: int = 8) -> dict[str, float]:
    """Returns the shares of scenes whose caption is right in each fact, and as a whole."""
    rng = Random("reelseek vlm captions")
    right: Counter[str] = Counter()
    for start in range(0, len(scenes), batch):
        some = scenes[start : start + batch]
        prompts = [caption_prompt(render_evaluated_clip(scene, text=False, rng=rng).runs) for scene in some]
        for scene, reply in zip(some, model.generate(prompts, max_tokens=MAX_CAPTION_TOKENS), strict=True):
            right.update(judge_caption_facts(parse_caption(reply.text), facts_of(scene)))
            right["whole"] += reply.text == caption_of(scene)
    names = ("colour", "shape", "motion", "size", "layout", "background", "pattern", "whole")
    return {name: round(right[name] / len(scenes), 3) for name in names}


def judge_caption_facts(said: CaptionFacts | None, shown: CaptionFacts) -> list[str]:
    if said is None:
        return []
    right = [name for name in ("layout", "background", "pattern") if getattr(said, name) == getattr(shown, name)]
    for name in ("colour", "shape", "motion", "size"):
        pairs = zip(said.actors, shown.actors, strict=False)
        if len(said.actors) == len(shown.actors) and all(getattr(a, name) == getattr(b, name) for a, b in pairs):
            right += [name]
    return right


class SceneRetriever:
    """Ranks scenes by the words that they share with a question."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.scenes = scenes
        self.words = [set(_plain(f"{caption_of(scene)} {text_in_evaluated_scene(scene)}")) for scene in scenes]
        often = Counter(word for words in self.words for word in words)
        self.weight = {word: float(np.log(len(scenes) / times)) for word, times in often.items()}

    def scenes_for(self, question: Question, rng: Random, *, clips: int) -> list[Scene]:
        """Returns the best scenes, with one of those that answer among them."""
        asked = set(_plain(retrieval_query_of_question(question.question)))
        scores = [sum(self.weight.get(word, 0.0) for word in asked & words) for words in self.words]
        order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
        answering = [row for row in order if _answers(self.scenes[row], question)]
        others = [row for row in order if row not in answering][:clips]
        if answering:
            others.insert(0 if rng.random() < FIRST_SHARE else rng.randint(1, max(1, clips - 2)), answering[0])
        return [self.scenes[row] for row in others[:clips]]


def _plain(text: str) -> list[str]:
    return [PLAIN_WORDS.get(word, word) for word in split_words(text.lower())]


def _answers(scene: Scene, question: Question) -> bool:
    start, stop = scene.window
    return scene.video == question.video and any(start < until and since < stop for since, until in question.windows)


def judge_questions(
    model: VisionLanguageModel, scenes: Sequence[Scene], questions: Sequence[Question]
) -> list[JudgedReply]:
    """Asks every question about its best scenes, as many as the product shows, with the model's captions."""
    rng = Random("reelseek vlm evidence")
    evidence = SceneRetriever(scenes)
    clips = fit_answering_effort(EFFORTS["normal"], model.context_limit).clips_a_pass
    judged: list[JudgedReply] = []
    for question in questions:
        chosen = evidence.scenes_for(question, rng, clips=clips)
        text = question_calls_for_text(question.question)
        captions = [
            reply.text
            for reply in model.generate(
                [caption_prompt(render_evaluated_clip(scene, text=False, rng=rng).runs) for scene in chosen],
                max_tokens=MAX_CAPTION_TOKENS,
            )
        ]
        shown = [
            render_evaluated_clip(scene, text=text, rng=rng, caption=caption)
            for scene, caption in zip(chosen, captions, strict=True)
        ]
        prompt = ask_prompt(question.question, shown)
        reply = model.generate([prompt], max_tokens=REPLY_TOKENS)[0].text
        parsed = parse_reply(reply, [TimeSpan(*scene.window) for scene in chosen]) or NOTHING
        overlap = 0.0
        if parsed.citations:
            first = parsed.citations[0]
            if chosen[first.clip].video == question.video:
                overlap = max((first.span.iou(TimeSpan(*window)) for window in _spans(question, chosen)), default=0.0)
        said = parsed.answer.strip().lower() == question.answer.lower()
        judged.append(JudgedReply(question, parsed.found, parsed.found and said, overlap, reply))
    return judged


def _spans(question: Question, chosen: Sequence[Scene]) -> list[tuple[float, float]]:
    """Windows of the scenes that answer, whole: a prompt does not show when a sign or a line begins."""
    return [scene.window for scene in chosen if _answers(scene, question)]


def summarize_judged_replies(judged: Sequence[JudgedReply]) -> dict[str, float]:
    """Returns shares by kind of question, and by the first words."""
    shares: dict[str, list[bool]] = defaultdict(list)
    for one in judged:
        kind = one.question.kind
        if kind == "absent":
            shares["absent: not found"].append(not one.found)
            continue
        shares["answerable: not found"].append(not one.found)
        if kind == "what":
            shares["what: answer"].append(one.answered)
            shares[f"what: {' '.join(one.question.question.split()[:3])}"].append(one.answered)
        else:
            shares["when: R@1"].append(one.overlap >= 0.5)
            shares[f"when: {' '.join(one.question.question.split()[:3])}"].append(one.overlap >= 0.5)
    return {f"{name} ({len(hits)})": round(sum(hits) / len(hits), 3) for name, hits in sorted(shares.items())}


def main() -> None:
    """Reads the options, judges and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=Path("demo/checkpoints/vlm"))
    parser.add_argument("--minutes", type=float, default=120.0, help="of the world")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--captions", type=int, default=200, help="scenes to caption")
    parser.add_argument("--questions", type=int, default=150, help="questions to ask")
    parser.add_argument("--wrong", action="store_true", help="also print what went wrong")
    options = parser.parse_args()
    model = load_local_model(str(options.checkpoint), device="cpu")
    scenes = [scene for video in plan_world(minutes=options.minutes, seed=options.seed) for scene in video]
    print(json.dumps(judge_captions(model, scenes[: options.captions])), flush=True)
    questions = world_questions(WorldIndex(scenes), seed=options.seed)
    some = Random(options.seed).sample(questions, min(options.questions, len(questions)))
    judged = judge_questions(model, scenes, some)
    print(json.dumps(summarize_judged_replies(judged), indent=1))
    for one in judged if options.wrong else []:
        good = not one.found if one.question.kind == "absent" else one.overlap >= 0.5
        if not good or (one.question.kind == "what" and not one.answered):
            print(f"{one.question.kind}: {one.question.question} [{one.question.answer}]\n  {one.reply}")


if __name__ == "__main__":
    main()
