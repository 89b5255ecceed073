"""The drawn world's plan, descriptions and queries: what must hold for every seed."""

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.world import spoken_lines as spoken
from demo.world.descriptions import (
    all_description_words,
    motion_forms,
    picture_forms,
    say_description,
    scene_fits_description,
)
from demo.world.drawing import actor_position
from demo.world.errors import DemoError, WorldSettingsError
from demo.world.ground_truth import TruthLine, WorldIndex, world_truth
from demo.world.questions import world_questions
from demo.world.scenes import (
    FRAMES_PER_SECOND,
    HEIGHT,
    LONGEST_FRAMES,
    SHORTEST_FRAMES,
    WIDTH,
    Scene,
    plan_world,
    random_scene,
    scene_seconds,
)
from demo.world.sign_words import SIGN_WORDS
from indexer.errors import ReelseekError

pytestmark = pytest.mark.slow

seeds = st.integers(min_value=-(2**40), max_value=2**40)
lengths = st.floats(min_value=0.005, max_value=40)


def index_of(videos: list[list[Scene]]) -> WorldIndex:
    return WorldIndex(scene for scenes in videos for scene in scenes)


@given(seeds, lengths)
@settings(max_examples=30, deadline=None)
def test_plan_covers_each_video_without_gap_and_changes_the_background(seed: int, minutes: float) -> None:
    videos = plan_world(minutes=minutes, seed=seed)
    assert sum(scene.length for scenes in videos for scene in scenes) == max(1, round(minutes * 60 * FRAMES_PER_SECOND))
    for number, scenes in enumerate(videos):
        assert scenes[0].start == 0
        assert {scene.video for scene in scenes} == {number}
        for before, after in pairwise(scenes):
            assert after.start == before.start + before.length
            assert after.background != before.background
        whole = sum(scene.length for scene in scenes)
        assert all(min(SHORTEST_FRAMES, whole) <= scene.length <= LONGEST_FRAMES for scene in scenes)


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_actors_stay_on_screen_and_never_touch(seed: int) -> None:
    rng = Random(seed)
    scene = random_scene(rng, length=rng.randint(SHORTEST_FRAMES, LONGEST_FRAMES))
    for index in range(0, scene.length, 3):
        places = [actor_position(actor, index, scene.length) for actor in scene.actors]
        for x, y, radius in places:
            assert radius <= x <= WIDTH - radius
            assert radius <= y <= HEIGHT - radius
        if len(places) == 2:
            (ax, ay, ar), (bx, by, br) = places
            assert math.hypot(ax - bx, ay - by) > ar + br
            if scene.layout == "side":
                assert ax + ar < bx - br
            else:
                assert ay + ar < by - br


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_every_description_of_a_scene_fits_it(seed: int) -> None:
    rng = Random(seed)
    scene, other = random_scene(rng), random_scene(rng)
    pictures, motions = picture_forms(scene), motion_forms(scene)
    assert all(scene_fits_description(form, scene) for form in pictures + motions)
    assert not any(form.moves for form in pictures)
    assert all(form.moves for form in motions)
    if other.background != scene.background:
        assert not any(scene_fits_description(form, other) for form in pictures if form.background is not None)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_sentences_use_only_words_of_the_tokenizer(seed: int) -> None:
    rng, known = Random(seed), set(all_description_words())
    scene = random_scene(rng)
    for form in picture_forms(scene) + motion_forms(scene):
        assert set(say_description(form, rng).split()) <= known


@given(seeds, st.floats(min_value=0.1, max_value=30))
@settings(max_examples=15, deadline=None)
def test_windows_lie_in_the_video_and_queries_mean_one_thing(seed: int, minutes: float) -> None:
    videos = plan_world(minutes=minutes, seed=seed)
    index = index_of(videos)
    truth = world_truth(index, seed=seed)
    stops = [scene_seconds(sum(scene.length for scene in scenes)) for scenes in videos]
    for line in [*truth, *world_questions(index, seed=seed)]:
        if isinstance(line, TruthLine) or line.kind != "absent":
            assert line.windows
            assert line.video is not None
            assert list(line.windows) == sorted(line.windows)
            assert all(0 <= start < stop <= stops[line.video] for start, stop in line.windows)
        else:
            assert line.video is None
            assert line.windows == ()
    assert len({line.query.lower() for line in truth}) == len(truth)


def test_index_finds_what_a_search_through_all_scenes_finds() -> None:
    videos = plan_world(minutes=60, seed=11)
    index = index_of(videos)
    for scene in index.scenes[::29]:
        for form in picture_forms(scene) + motion_forms(scene):
            assert index.matching(form) == [one for one in index.scenes if scene_fits_description(form, one)]


def test_two_hours_hold_enough_queries_of_each_kind() -> None:
    truth = world_truth(index_of(plan_world(minutes=120, seed=3)), seed=3)
    counts = {kind: sum(line.kind == kind for line in truth) for kind in ("picture", "motion", "sign", "said")}
    assert len(truth) >= 300
    assert all(count >= 60 for count in counts.values()), counts


@pytest.mark.thorough
def test_most_scenes_of_ten_hours_can_be_named_uniquely() -> None:
    index = index_of(plan_world(minutes=600, seed=4))
    some = index.scenes[::10]
    named = [any(len(index.matching(form)) == 1 for form in picture_forms(one) + motion_forms(one)) for one in some]
    assert sum(named) / len(named) > 0.95


def test_motion_queries_need_their_motion() -> None:
    index = index_of(plan_world(minutes=60, seed=5))
    for scene in index.scenes[:60]:
        for form in motion_forms(scene):
            assert set(map(id, index.matching(form))) <= set(map(id, index.matching(form.without_motion())))


def test_same_seed_same_world_and_other_seed_another() -> None:
    one, two, other = (plan_world(minutes=10, seed=seed) for seed in (8, 8, 9))
    assert one == two
    assert one != other
    assert world_truth(index_of(one), seed=8) == world_truth(index_of(two), seed=8)


def test_spoken_lines_and_signs_share_no_word_with_the_pictures() -> None:
    rng = Random(0)
    pictures = {
        "red", "orange", "yellow", "green", "blue", "purple", "black", "white", "pink", "grey", "brown", "teal",
        "circle", "square", "triangle", "star", "cross", "heart", "ring", "moon",
    }  # fmt: skip
    lines = " ".join(spoken.spoken_line_text(spoken.random_spoken_meaning(rng), rng) for _ in range(3000))
    words = {word.strip(".,!?").lower() for word in lines.split()}
    assert not words & pictures
    assert not words & {word.lower() for word in SIGN_WORDS}
    assert len(SIGN_WORDS) > 400


@pytest.mark.parametrize("minutes", [0, -1, math.nan, math.inf, 1e9])
def test_impossible_lengths_are_refused(minutes: float) -> None:
    with pytest.raises(WorldSettingsError, match="minutes") as caught:
        plan_world(minutes=minutes, seed=0)
    assert isinstance(caught.value, DemoError)
    assert isinstance(caught.value, ReelseekError)
