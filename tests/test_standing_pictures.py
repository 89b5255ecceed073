"""A picture that stands for long, as in screen recordings and podcasts, and sound that goes on after the last."""

import csv
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from api.export.run_export import ExportOptions, run_export
from api.export.subclips import RequestedMoment
from indexer.config import Settings
from indexer.decode.protocol import DecoderName
from indexer.decode.video import open_video
from indexer.records import TimeSpan, Video
from tests.helpers.marks import thorough
from tests.helpers.media import read_number, write_video
from tests.helpers.media_service import probed
from tests.helpers.media_sound import CLICK_SECONDS, heard_clicks, write_talkie
from tests.helpers.text_index import TextIndex
from tests.helpers.web_vtt import read_chapters
from tests.test_media_clip import numbers_in, work_on

pytestmark = pytest.mark.slow

RECORDED_MS = [*range(0, 9500, 40), *range(64_000, 66_000, 40)]
"""Nothing changes on the screen from 9.48 to 64 s."""
LAST_BEFORE = 237
SLIDES_MS = range(0, 120_000, 20_000)


@pytest.fixture(scope="module", params=[".mp4", *thorough(".mkv", ".ts")])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probed(write_talkie(tmp_path_factory.mktemp("long") / f"recorded{request.param}", RECORDED_MS))


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probed(
        write_talkie(tmp_path_factory.mktemp("slides") / "slides.mp4", SLIDES_MS, key_every=250, stop_seconds=120)
    )


def check_clicks(clip: Path, start: float, stop: float) -> None:
    found, end = heard_clicks(clip)
    beats = np.arange(np.ceil(start / CLICK_SECONDS), stop / CLICK_SECONDS) * CLICK_SECONDS - start
    inside = [beat for beat in beats if 0.05 < beat < stop - start - 0.05]
    assert np.allclose([beat for beat in found if 0.05 < beat < stop - start - 0.05], inside, atol=0.02)
    assert end == pytest.approx(stop - start, abs=0.06)


@pytest.mark.parametrize(("start", "stop"), [(20.0, 24.0), (9.6, 10.3), (20.25, 63.0), (50.0, 62.0)])
def test_a_clip_from_within_a_standing_picture(recorded: Video, tmp_path: Path, start: float, stop: float) -> None:
    clip = tmp_path / "clip.mp4"
    work_on(recorded, clip, start_seconds=start, stop_seconds=stop)
    assert numbers_in(clip) == [(0.0, LAST_BEFORE)]
    check_clicks(clip, start, stop)
    with av.open(str(clip)) as container:
        assert container.duration == pytest.approx((stop - start) * 1e6, abs=3e4)


def test_a_clip_that_ends_in_the_next_picture(recorded: Video, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    work_on(recorded, clip, start_seconds=40.0, stop_seconds=64.1)
    assert [number for _, number in numbers_in(clip)] == list(range(LAST_BEFORE, LAST_BEFORE + 4))
    check_clicks(clip, 40.0, 64.1)


def test_a_still_from_within_a_standing_picture(recorded: Video, tmp_path: Path) -> None:
    work_on(recorded, tmp_path / "still.png", "still", start_seconds=40.0)
    with av.open(str(tmp_path / "still.png")) as picture:
        pixels = next(picture.decode(video=0)).to_ndarray(format="rgb24")
    assert read_number(np.asarray(pixels, np.uint8)) == LAST_BEFORE


@pytest.mark.thorough
def test_such_a_moment_does_not_stop_a_reel(recorded: Video, tmp_path: Path) -> None:
    moments = [RequestedMoment(recorded, TimeSpan(*span)) for span in ((1.0, 2.0), (20.0, 24.0), (64.0, 65.0))]
    run_export(moments, ExportOptions("reel", "reel", tmp_path / "reel.mp4"), settings=Settings())
    numbers = [number for _, number in numbers_in(tmp_path / "reel.mp4")]
    assert numbers.count(LAST_BEFORE) == pytest.approx(100, abs=1)
    assert {25, LAST_BEFORE + 1} <= set(numbers)


def exported(video: Video, kind: str, start: float, stop: float) -> str:
    options = ExportOptions(kind, "cut", None)  # pyright: ignore[reportArgumentType]
    text = run_export([RequestedMoment(video, TimeSpan(start, stop))], options, settings=Settings()).text
    assert text is not None
    return text


@pytest.mark.thorough
def test_a_moment_of_slides_keeps_its_times(slides: Video, tmp_path: Path) -> None:
    run_export(
        [RequestedMoment(slides, TimeSpan(47.0, 50.0))],
        ExportOptions("clips", "cut", tmp_path / "out", is_folder=True),
        settings=Settings(),
    )
    (clip,) = (tmp_path / "out").iterdir()
    assert numbers_in(clip) == [(0.0, 2)]
    check_clicks(clip, 47.0, 50.0)
    (chapter,) = read_chapters(exported(slides, "webvtt", 47.0, 50.0))
    assert (chapter.start_ms, chapter.stop_ms) == (47_000, 50_000)
    (row,) = csv.DictReader(io.StringIO(exported(slides, "csv", 47.0, 50.0)))
    assert (float(row["start_seconds"]), float(row["stop_seconds"])) == (47.0, 50.0)
    assert (row["source_in"], row["source_out"]) == ("00:00:47:00", "00:00:50:00")
    assert "00:00:47:00 00:00:50:00" in exported(slides, "edl", 47.0, 50.0)


@pytest.mark.parametrize(
    ("rate", "counted"), [(Fraction(1), 24), (Fraction(5), 25), (Fraction(15, 2), 30), (Fraction(7), 28), (10, 10)]
)
def test_low_rates_are_counted_in_a_multiple(tmp_path: Path, rate: Fraction, counted: int) -> None:
    video = probed(write_video(tmp_path / "slow.mp4", [round(1000 * n / rate) for n in range(30)]))
    (row,) = csv.DictReader(io.StringIO(exported(video, "csv", 1.0, 2.0)))
    assert Fraction(row["frames_per_second"]) == counted


@pytest.mark.parametrize("stop", [30.0, *thorough(100.0)])
def test_a_copy_of_one_picture_has_all_of_its_sound(tmp_path: Path, stop: float) -> None:
    video = probed(write_talkie(tmp_path / "podcast.mkv", [0], stop_seconds=stop))
    assert video.duration_seconds == pytest.approx(stop, abs=0.05)
    work_on(video, tmp_path / "copy.mp4", "transcode", stop_seconds=video.duration_seconds)
    assert numbers_in(tmp_path / "copy.mp4") == [(0.0, 0)]
    check_clicks(tmp_path / "copy.mp4", 0.0, video.duration_seconds)


@pytest.mark.parametrize("ending", [".mp4", *thorough(".mkv", ".ts", ".avi")])
@pytest.mark.parametrize("decoder", ["auto", "pyav"])
def test_a_video_lasts_as_long_as_its_sound(tmp_path: Path, ending: str, decoder: DecoderName) -> None:
    codec, sound, offset = ("mpeg4", "libmp3lame", 0) if ending == ".avi" else ("libx264", "aac", 1400)
    times = range(0, 3000, 40)
    for tail, wanted in ((12.0, 15.0), (0.5, 3.0)):
        file = tmp_path / f"tail{tail:g}{ending}"
        write_talkie(file, times, codec=codec, sound_codec=sound, offset_ms=offset, stop_seconds=3.0 + tail)
        with open_video(file, settings=Settings(), frames_per_second=1.0, max_side=64, decoder=decoder) as reader:
            assert [round(frame.time_seconds, 1) for frame in reader.frames()][:3] == [0.0, 1.0, 2.0]
            assert reader.duration_seconds == pytest.approx(wanted, abs=0.1)


def test_what_is_said_after_the_last_picture_is_found(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    write_talkie(films / "talk.mp4", [0], stop_seconds=60.0)
    (films / "talk.srt").write_text(
        "1\n00:00:02,000 --> 00:00:04,000\npanda\n\n2\n00:00:40,000 --> 00:00:44,000\nkoala\n", encoding="utf-8"
    )
    index = TextIndex(tmp_path / "library")
    index.run(films)
    with index.open() as library:
        (video,) = library.videos()
        assert video.duration_seconds == pytest.approx(60.0, abs=0.1)
        texts = {row.text: row.span for row in library.texts(video.video_id, "subtitle")}
        assert texts == {"panda": TimeSpan(2.0, 4.0), "koala": TimeSpan(40.0, 44.0)}
        assert library.audit() == []
