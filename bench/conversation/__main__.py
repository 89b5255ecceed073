"""Follow-up questions in a conversation against the same questions standing alone, with the demo's model.

    python -m bench.conversation --folder out/conversation --minutes 10 --seed 900 --questions 60
    python -m bench.conversation --seed 900 --worded

Draws a world and indexes it (both kept in the folder), makes follow-ups from its truth, asks the first question and the
follow-up in one conversation, and the stand-alone form by itself. A follow-up counts as right where it is answered as
its stand-alone form is: both find nothing, or say the same, or name first moments that share half of their time.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from bench.conversation.follow_ups import FollowUp, follow_ups
from bench.conversation.wordings import worded_follow_ups
from bench.support.same_answer import RIGHT_IOU, say_the_same
from bench.support.table import print_table
from bench.support.worlds import VIDEO_MINUTES, draw_and_index, library_folder, world_folder
from demo.world.ground_truth import WorldIndex
from demo.world.scenes import plan_world
from indexer.config import Settings
from indexer.errors import QueryError
from indexer.library_place import library_place
from indexer.models.loading import load_models
from indexer.models.vision_language_loading import load_vision_language_model
from indexer.records import TimeSpan
from search.answering.answer import Answer
from search.answering.asker import Asker
from search.conversation.conversation import Conversation
from search.conversation.exchange import AskedOf, Exchange
from search.engine import SearchEngine


@dataclass(frozen=True, slots=True)
class Outcome:
    """One follow-up, answered in a conversation, and its stand-alone form, answered alone."""

    made: FollowUp
    exchange: Exchange | None
    """None where it was refused: nothing says what it means, or what was found has nothing before or after it."""
    alone: Answer | None
    """None where there is no such form."""

    @property
    def is_same_question(self) -> bool:
        """The follow-up was understood word for word as its stand-alone form."""
        return self.made.alone == ("" if self.exchange is None else self.exchange.question)

    @property
    def is_same_answer(self) -> bool:
        if self.exchange is None or self.alone is None:
            return self.exchange is self.alone
        return say_the_same(self.exchange.answer, self.alone, by_words=bool(self.made.answer))

    def is_true(self, answer: Answer | None) -> bool:
        """Whether an answer is that of the world's truth, which must not depend on the first answer."""
        if answer is None:
            return False
        if not answer.found or self.made.answer:
            return answer.found and answer.answer.casefold() == self.made.answer.casefold()
        first = answer.moments[0]
        is_video = PurePath(first.video).stem.endswith(f"-{self.made.video:03d}")
        return is_video and max(first.span.iou(TimeSpan(*window)) for window in self.made.windows) >= RIGHT_IOU

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.made.kind,
            "first": self.made.first,
            "alone": self.made.alone,
            "said": None if self.exchange is None else self.exchange.to_json(),
            "words": self.made.words,
            "said_alone": None if self.alone is None else self.alone.to_json(),
            "same_question": self.is_same_question,
            "same_answer": self.is_same_answer,
        }


def main() -> None:
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    world = world_folder(options.folder, options.minutes, options.seed)
    settings = Settings(models="demo", captions=True, library=str(library_folder(world)))
    models, model = load_models(settings, to_search=True), load_vision_language_model(settings)
    draw_and_index(world, minutes=options.minutes, seed=options.seed, settings=settings, models=models, model=model)
    planned = plan_world(minutes=options.minutes, seed=options.seed, video_minutes=VIDEO_MINUTES)
    index = WorldIndex(scene for scenes in planned for scene in scenes)
    made = follow_ups(index, seed=options.seed, count=options.questions)
    if options.worded:
        made = worded_follow_ups(index, seed=options.seed)
    with SearchEngine.open(library_place(settings.library), settings=settings, load=lambda _: models) as engine:
        asker = Asker(engine, settings, load=lambda _: model)
        outcomes = [ask_both(asker, one) for one in made]
    kind = "worded" if options.worded else "follow-ups"
    (options.folder / f"{kind}-{options.seed}.jsonl").write_text(
        "".join(json.dumps(one.to_json()) + "\n" for one in outcomes), encoding="utf-8"
    )
    _report(outcomes)


def ask_both(asker: Asker, made: FollowUp) -> Outcome:
    """Asks the follow-up after its first question, and its stand-alone form by itself."""
    conversation = Conversation(asker)
    first = conversation.ask(made.first).answer
    part = _part_alone(asker, made, first)
    alone = asker.ask(made.alone, video=part.video, scope=part.scope) if made.alone else None
    try:
        return Outcome(made, conversation.ask(made.words), alone)
    except QueryError:
        return Outcome(made, None, alone)


def _part_alone(asker: Asker, made: FollowUp, first: Answer) -> AskedOf:
    """What the person means by the part: as they see it in the first answer and in the list of videos."""
    if "." in made.part:
        return AskedOf(made.part)
    if made.part == "second":
        named = list(dict.fromkeys(one.video_id for one in first.moments))
        listed = [one.video_id for one in sorted(asker.engine.library.videos(), key=lambda one: one.path)]
        return AskedOf((named if len(named) > 1 else listed)[1])
    if made.part and first.found:
        own = [one for one in first.moments if one.video_id == first.moments[0].video_id]
        start, stop = min(one.span.start_seconds for one in own), max(one.span.stop_seconds for one in own)
        return AskedOf(own[0].video_id, f"at:..{start:.3f}" if made.part == "before" else f"at:{stop:.3f}..")
    return AskedOf()


def _report(outcomes: Sequence[Outcome]) -> None:
    kinds = list(dict.fromkeys(one.made.kind for one in outcomes))
    rows = [[kind, *_row([one for one in outcomes if one.made.kind == kind])] for kind in kinds]
    heads = ("follow-up", "asked", "same question", "answered the same", "true alone", "true in conversation")
    print_table(heads, [*rows, ["all", *_row(outcomes)]])


def _row(outcomes: Sequence[Outcome]) -> list[str]:
    known = [one for one in outcomes if one.made.video is not None]
    return [
        str(len(outcomes)),
        _share([one.is_same_question for one in outcomes]),
        _share([one.is_same_answer for one in outcomes]),
        _share([one.is_true(one.alone) for one in known]),
        _share([one.is_true(one.exchange and one.exchange.answer) for one in known]),
    ]


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.3f}" if values else "-"


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("out/conversation"), help="for the world and its library")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the library")
    parser.add_argument("--seed", type=int, default=900, help="of the world and of the questions")
    parser.add_argument("--questions", type=int, default=60, help="follow-ups")
    parser.add_argument("--worded", action="store_true", help="20 follow-ups as people word them, in place of those")
    return parser.parse_args()


if __name__ == "__main__":
    main()
