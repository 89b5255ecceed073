"""A small real library with vectors of fake models, for tests of the search on the real store.

A "picture" is described by a few words and embedded like a text of these words, so that a query for them finds it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.catalog import TextSource
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.models.protocols import Vectors
from indexer.provenance import provenance_of
from indexer.records import FrameRow, Pixels, SegmentRow, TextRow, TimeSpan, Video
from indexer.store.library import Library
from tests.helpers.fakes_text import FakeTextModel

STAGES = {"picture": "1", "subtitles": "1", "screen_text": "1"}
Shot = tuple[float, float, str]
"""Start and stop in seconds and what is seen."""
Line = tuple[TextSource, float, float, str]


class FakePictureModel(FakeTextModel):
    """Embeds descriptions; a real one embeds pixels as well."""

    @property
    def name(self) -> str:
        return f"fake-picture {self.dim}"

    @property
    def batch_frames(self) -> int:
        return 8

    def prepare(self, pixels: Pixels) -> np.ndarray:
        raise NotImplementedError

    def embed_prepared(self, inputs: np.ndarray) -> Vectors:
        raise NotImplementedError


def fake_models(settings: Settings | None = None) -> Models:
    """What `load_models` is replaced with."""
    return Models(PROFILES["demo"], FakePictureModel(dim=64), FakeTextModel(dim=48))


def text_only_models(settings: Settings | None = None) -> Models:
    return Models(PROFILES["text"], None, FakeTextModel(dim=48))


class SmallLibrary:
    """Writes videos into a library as the pipeline would."""

    def __init__(self, path: Path, models: Models | None = None) -> None:
        self.path = path
        self.models = models or fake_models()
        maker = provenance_of(self.models, Settings(models=self.models.profile.name))
        self._library = Library.open_writer(path, maker=maker)

    def add(
        self, name: str, shots: Sequence[Shot], lines: Sequence[Line] = (), *, stages: dict[str, str] | None = None
    ) -> str:
        """Add a video whose shots are its segments, a frame a second; returns its id."""
        video_id = name.encode().hex().ljust(32, "0")[:32]
        segments = [self._segment(index, shot) for index, shot in enumerate(shots)]
        frames = [row for index, shot in enumerate(shots) for row in self._frames(index, shot)]
        self._library.write_pictures([(video_id, segments, frames)])
        for source in ("subtitle", "screen_text", "caption"):
            rows = [self._text(segments, line) for line in lines if line[0] == source]
            self._library.write_texts([(video_id, source, rows)])
        duration = shots[-1][1]
        ready = STAGES if stages is None else stages
        self._library.put_videos([Video(video_id, (f"/films/{name}",), 1, (1,), duration, None, ready)])  # type: ignore[arg-type]
        return video_id

    def thumbnail(self, video_id: str, segment_index: int) -> None:
        self._library.write_thumbnail(video_id, segment_index, b"jpeg")

    def close(self) -> Path:
        self._library.close()
        return self.path

    def _segment(self, index: int, shot: Shot) -> SegmentRow:
        return SegmentRow(index, TimeSpan(shot[0], shot[1]), shot[0], self._picture(shot[2]))

    def _frames(self, index: int, shot: Shot) -> list[FrameRow]:
        vector = self._picture(shot[2])
        times = np.arange(shot[0], shot[1], 1.0)
        return [FrameRow(float(time), index, vector, place == 0) for place, time in enumerate(times)]

    def _picture(self, seen: str) -> np.ndarray | None:
        return self.models.picture.embed_queries([seen])[0] if self.models.picture else None

    def _text(self, segments: Sequence[SegmentRow], line: Line) -> TextRow:
        source, start, stop, text = line
        span = TimeSpan(start, stop)
        best = max(segments, key=lambda segment: (segment.span.intersection_seconds(span), -segment.index))
        vector = self.models.text.embed_documents([text])[0] if self.models.text else None
        return TextRow(source, best.index, span, text, vector)
