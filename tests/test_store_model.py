"""Any sequence of writes leaves the library equal to a plain dictionary."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from indexer.catalog import TextSource
from indexer.store.library import Library
from tests.helpers.store_samples import MAKER, pictures, texts, video, video_id

NUMBERS = st.integers(0, 3)
SIZES = st.integers(0, 3)
TAKES = st.integers(0, 5)
SOURCES = st.sampled_from(["subtitle", "screen_text"])


class LibraryIsADictionary(RuleBasedStateMachine):
    """The model: segments and frames by video, texts by (video, source), the set of listed videos."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.pictures: dict[int, tuple[int, int]] = {}
        self.texts: dict[tuple[int, str], list[str]] = {}
        self.listed: set[int] = set()

    @initialize()
    def create(self) -> None:
        self.library = Library.open_writer(Path(self.folder.name) / "library", maker=MAKER)

    def teardown(self) -> None:
        if hasattr(self, "library"):
            self.library.close()
        self.folder.cleanup()

    @rule(sizes=st.dictionaries(NUMBERS, SIZES, max_size=3), take=TAKES)
    def write_pictures(self, sizes: dict[int, int], take: int) -> None:
        self.library.write_pictures([pictures(number, size, take=take) for number, size in sizes.items()])
        self.pictures.update({number: (size, take) for number, size in sizes.items()})

    @rule(number=NUMBERS, source=SOURCES, words=st.lists(st.text(max_size=8), max_size=3))
    def write_texts(self, number: int, source: TextSource, words: list[str]) -> None:
        self.library.write_texts([texts(number, words, source)])
        self.texts[number, source] = words

    @rule(number=NUMBERS)
    def list_video(self, number: int) -> None:
        self.library.put_videos([video(number, stages=["picture", "subtitles", "screen_text"])])
        self.listed.add(number)

    @rule(numbers=st.sets(NUMBERS, max_size=2))
    def remove(self, numbers: set[int]) -> None:
        self.library.remove_videos([video_id(number) for number in numbers])
        self._forget(numbers)

    @rule(force=st.booleans())
    def maintain(self, force: bool) -> None:
        self.library.maintain(force=force)

    @rule()
    def reopen(self) -> None:
        """Rows of videos that are not listed are left over and removed."""
        self.library.close()
        self.library = Library.open_writer(self.library.path, maker=MAKER)
        self._forget(set(range(4)) - self.listed)

    @invariant()
    def equals_the_model(self) -> None:
        if not hasattr(self, "library"):
            return
        assert {one.video_id for one in self.library.videos()} == {video_id(number) for number in self.listed}
        for number in range(4):
            size, take = self.pictures.get(number, (0, 0))
            _, segments, frames = pictures(number, size, take=take)
            found = self.library.segments(video_id(number))
            assert [(row.index, row.span) for row in found] == [(row.index, row.span) for row in segments]
            assert [bytes(row.vector or b"") if row.vector is None else row.vector.tobytes() for row in found] == [
                row.vector.tobytes() for row in segments if row.vector is not None
            ]
            assert len(self.library.frames(video_id(number))) == len(frames)
            for source in ("subtitle", "screen_text"):
                found_texts = [row.text for row in self.library.texts(video_id(number), source)]
                assert found_texts == self.texts.get((number, source), [])

    def _forget(self, numbers: set[int]) -> None:
        self.listed -= numbers
        self.pictures = {number: value for number, value in self.pictures.items() if number not in numbers}
        self.texts = {key: value for key, value in self.texts.items() if key[0] not in numbers}


TestLibraryIsADictionary = LibraryIsADictionary.TestCase
TestLibraryIsADictionary.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
