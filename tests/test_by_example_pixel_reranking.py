"""Candidates for an image, reranked by their thumbnails where their files are gone."""

from pathlib import Path

import pytest
from PIL import Image

from indexer.config import Settings
from indexer.records import Pixels, SegmentRow, TimeSpan, Video
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.by_example.pixel_reranking import COMPARED_AT_ONCE, MAX_COMPARED, PixelReranker
from tests.helpers.coarse_pictures import drawn

pytestmark = pytest.mark.thorough

FILMS = "a" * 32


class Thumbnails(Library):
    """A fake library with nothing but a folder of thumbnails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def thumbnail_path(self, video_id: str, segment_index: int) -> Path:
        return self._folder / f"{segment_index}.png"


def ordered(folder: Path, segments: int, image: Pixels, *, lost: bool = False) -> list[SegmentKey]:
    """Segments reranked for an image that the model finds a little less like each one than like the one before."""
    for index in range(segments):
        Image.fromarray(drawn(index)).save(folder / f"{index}.png")
        if lost:
            (folder / f"{index}.png").write_bytes(b"")
    ranked = [(FILMS, index) for index in range(segments)]
    rows = {key: SegmentRow(key[1], TimeSpan(key[1], key[1] + 1), key[1], None) for key in ranked}
    best = {key: 0.8 - 0.002 * key[1] for key in ranked}
    similar = {key: [(float(key[1]), best[key])] for key in ranked}
    video = Video(FILMS, (str(folder / "vanished.mp4"),), 1, (1,), float(segments), None)
    reranker = PixelReranker(Thumbnails(folder), (image,), similar, rows, {FILMS: video}, Settings())
    order, _ = reranker.rerank(ranked, best)
    assert sorted(order) == ranked
    return order


def cut_out(seed: int) -> Pixels:
    return drawn(seed)[20:160, 40:280]


@pytest.mark.parametrize("place", [0, 5, COMPARED_AT_ONCE, MAX_COMPARED - 1])
def test_a_crop_that_the_model_misjudges_is_found_by_its_pixels(tmp_path: Path, place: int) -> None:
    assert ordered(tmp_path, MAX_COMPARED + 10, cut_out(place))[0] == (FILMS, place)


def test_no_more_than_the_maximum_are_compared(tmp_path: Path) -> None:
    order = ordered(tmp_path, MAX_COMPARED + 10, cut_out(MAX_COMPARED + 5))
    assert order[MAX_COMPARED:] == [(FILMS, index) for index in range(MAX_COMPARED, MAX_COMPARED + 10)]


def test_without_thumbnails_the_order_of_the_vectors_stays(tmp_path: Path) -> None:
    assert ordered(tmp_path, 5, cut_out(3), lost=True) == [(FILMS, index) for index in range(5)]
