"""Near-duplicates fold into the best, few of one video are shown, and nothing is lost."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indexer.records import TimeSpan
from search.moments.deduplication import MomentGroup, fold_moments, shared_texts
from search.moments.localization import Draft
from search.moments.thumbnail_fingerprints import ALIKE, thumbnail_fingerprints

LOOKS = np.eye(4, dtype=np.float32)


def draft(place: int, video: str, text: str = "") -> Draft:
    return Draft(video, place, TimeSpan(place, place + 1), place, 1 / (60 + place), {"picture": place + 1}, text, 0.5)


CASE = st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from(["", "exit", "Exit "]))
CASES = st.lists(CASE, max_size=30)


def made(cases: list[tuple[str, int, str]]) -> tuple[list[Draft], np.ndarray]:
    drafts = [draft(place, video, text) for place, (video, _, text) in enumerate(cases)]
    return drafts, LOOKS[[look for _, look, _ in cases]] if cases else np.zeros((0, 4), np.float32)


def test_near_duplicates_fold_into_the_best_of_them() -> None:
    drafts, vectors = made([("a", 0, ""), ("b", 1, ""), ("c", 0, ""), ("a", 0, "")])
    assert fold_moments(drafts, vectors) == [
        MomentGroup(drafts[0], alike=(drafts[2], drafts[3])),
        MomentGroup(drafts[1]),
    ]


def test_two_readings_of_one_slide_are_one_text() -> None:
    """OCR reads the encodings of a video a little differently."""
    texts = (
        "Conditional expressions if ( $book/@year",
        "Conditional expresslons if($book/@year",
        "Something else here",
    )
    drafts, vectors = made([("abc"[place], 0, text) for place, text in enumerate(texts)])
    assert len(set(shared_texts(drafts))) == 3, "captions and spoken lines are what they say"
    drafts = [replace(one, ranks={"screen_text_words": 1}) for one in drafts]
    assert shared_texts(drafts)[0] == shared_texts(drafts)[1] != shared_texts(drafts)[2]
    assert [len(group.alike) for group in fold_moments(drafts, vectors)] == [1, 0]
    assert [len(group.alike) for group in fold_moments(drafts, np.eye(4, dtype=np.float32)[:3])] == [0, 0, 0]


def test_thumbnails_tell_encodings_of_one_picture_from_another_picture(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    picture = np.kron(rng.integers(0, 255, (9, 16, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    files = {
        "one.jpg": picture,
        "noisy.jpg": np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8),
        "other.jpg": np.flip(picture, axis=1).copy(),
        "blank.jpg": np.zeros_like(picture),
    }
    for name, pixels in files.items():
        Image.fromarray(pixels).save(tmp_path / name, quality=60)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    found = thumbnail_fingerprints([tmp_path / name for name in (*files, "broken.jpg", "absent.jpg")])
    one, noisy, other, blank, broken, absent = found
    assert one @ noisy >= ALIKE > one @ other
    assert not blank.any() and not broken.any() and not absent.any()


def test_different_texts_are_different_moments_regardless_of_the_picture() -> None:
    drafts, vectors = made([("a", 0, "exit"), ("a", 0, "Exit "), ("a", 0, ""), ("a", 0, "exit")])
    groups = fold_moments(drafts, vectors)
    assert [len(group.alike) for group in groups] == [2, 0]


def test_moments_beyond_the_limit_fold_into_the_best_of_their_video() -> None:
    drafts, vectors = made([("a", 0, ""), ("a", 1, ""), ("a", 2, ""), ("b", 3, "")])
    groups = fold_moments(drafts, vectors, per_video=2)
    assert [group.best for group in groups] == [drafts[0], drafts[1], drafts[3]]
    assert groups[0].in_video == (drafts[2],)


def test_without_pictures_nothing_looks_alike() -> None:
    drafts, _ = made([("a", 0, ""), ("a", 0, "")])
    for vectors in (np.zeros((2, 4), np.float32), np.zeros((2, 0), np.float32)):
        assert fold_moments(drafts, vectors) == [MomentGroup(one) for one in drafts]


@settings(deadline=None)
@given(CASES, st.integers(0, 4))
def test_every_moment_is_in_exactly_one_group_in_order(cases: list[tuple[str, int, str]], per_video: int) -> None:
    drafts, vectors = made(cases)
    groups = fold_moments(drafts, vectors, per_video=per_video)
    everything = [one for group in groups for one in (group.best, *group.members)]
    assert sorted(everything, key=lambda one: one.segment_index) == drafts
    for group in groups:
        for members in (group.alike, group.in_video):
            places = [one.segment_index for one in (group.best, *members)]
            assert places == sorted(places)
    assert [group.best.segment_index for group in groups] == sorted(group.best.segment_index for group in groups)


@settings(deadline=None)
@given(CASES, st.integers(1, 4))
def test_no_video_exceeds_the_limit_and_folding_again_changes_nothing(
    cases: list[tuple[str, int, str]], per_video: int
) -> None:
    drafts, vectors = made(cases)
    groups = fold_moments(drafts, vectors, per_video=per_video)
    shown = [group.best for group in groups]
    for video in "abc":
        assert sum(one.video_id == video for one in shown) <= per_video
    again = fold_moments(shown, vectors[[one.segment_index for one in shown]], per_video=per_video)
    assert again == [MomentGroup(one) for one in shown]


@given(CASES)
def test_nothing_folds_without_limits(cases: list[tuple[str, int, str]]) -> None:
    drafts, vectors = made(cases)
    assert fold_moments(drafts, vectors, per_video=0, alike=1.1) == [MomentGroup(one) for one in drafts]
