"""Sound that begins before the first picture, as in recordings that wait for a key frame: heard, found, cut, played."""

from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.decode.audio import open_audio
from indexer.decode.protocol import DecoderName
from indexer.decode.video import open_video
from indexer.records import TimeSpan, Video
from tests.helpers.marks import thorough
from tests.helpers.media import read_number
from tests.helpers.media_service import probed
from tests.helpers.media_sound import CLICK_SECONDS, click_times, heard_clicks, write_talkie
from tests.helpers.text_index import TextIndex
from tests.test_media_clip import numbers_in, work_on
from tests.test_standing_pictures import check_clicks

pytestmark = pytest.mark.slow

FIRST_MS = 3000
TIMES_MS = range(FIRST_MS, 8000, 40)
STOP_SECONDS = 8.0
ENDINGS = [".mp4", ".mkv"]


def write_late_pictures(path: Path, first_ms: int = FIRST_MS, *, offset_ms: int = 0) -> Path:
    """Pictures from `first_ms` on, beside sound from 0 on."""
    times = [time - FIRST_MS + first_ms for time in TIMES_MS]
    return write_talkie(path, times, offset_ms=offset_ms, stop_seconds=times[-1] / 1000 + 0.04)


@pytest.fixture(scope="module", params=ENDINGS)
def late(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probed(write_late_pictures(tmp_path_factory.mktemp("late") / f"late{request.param}"))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("decoder", ["auto", "pyav"])
@pytest.mark.parametrize("rate", [1.0, *thorough(0.1)])
def test_the_first_picture_stands_while_only_sound_goes_on(
    tmp_path: Path, ending: str, decoder: DecoderName, rate: float
) -> None:
    file = write_late_pictures(tmp_path / f"late{ending}")
    with open_video(file, settings=Settings(), frames_per_second=rate, max_side=64, decoder=decoder) as reader:
        frames = [(round(frame.time_seconds, 2), read_number(frame.pixels)) for frame in reader.frames()]
        assert frames == ([(0.0, 0), (4.0, 25), (5.0, 50), (6.0, 75), (7.0, 100)] if rate == 1.0 else [(0.0, 0)])
        assert reader.duration_seconds == pytest.approx(STOP_SECONDS, abs=0.1)


@pytest.mark.parametrize("first_ms", [FIRST_MS, 400])
def test_what_is_heard_has_its_times(tmp_path: Path, first_ms: int) -> None:
    """Sound that begins less than a second earlier fills blocks of its codec, and does not move the clock."""
    file = write_late_pictures(tmp_path / "late.mp4", first_ms)
    with open_audio(file, settings=Settings()) as reader:
        found = click_times(reader.pieces())
    lead = 0.0 if first_ms == FIRST_MS else first_ms / 1000
    beats = [n * CLICK_SECONDS - lead for n in range(len(found) + 1)]
    assert found == pytest.approx([beat for beat in beats if beat >= 0][: len(found)], abs=0.02)
    assert len(found) >= 10


@pytest.mark.parametrize(
    ("start", "stop", "pictures"),
    [
        *thorough((0.0, 2.5, [(0.0, 0)])),
        (1.0, 3.1, [(0.0, 0), (2.04, 1), (2.08, 2)]),
        *thorough((4.0, 4.1, [(0.0, 25), (0.04, 26), (0.08, 27)])),
    ],
)
def test_a_clip_has_the_sound_before_the_pictures(
    late: Video, tmp_path: Path, start: float, stop: float, pictures: list[tuple[float, int]]
) -> None:
    clip = tmp_path / "clip.mp4"
    work_on(late, clip, start_seconds=start, stop_seconds=stop)
    assert [(round(time, 2), number) for time, number in numbers_in(clip)] == pictures
    check_clicks(clip, start, stop)


def test_a_copy_and_a_still_have_the_same_times(late: Video, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    work_on(late, copy, "transcode", stop_seconds=late.duration_seconds)
    numbers = [(round(time, 2), number) for time, number in numbers_in(copy)]
    assert numbers[:3] == [(0.0, 0), (3.04, 1), (3.08, 2)] and numbers[-1][1] == len(TIMES_MS) - 1
    check_clicks(copy, 0.0, late.duration_seconds)


def test_a_transport_stream_begins_with_its_sound_wherever_its_times_do(tmp_path: Path) -> None:
    """Its sound begins a block of the codec earlier, 21 ms, and so does the clock."""
    video = probed(write_late_pictures(tmp_path / "late.ts", offset_ms=90_000))
    assert video.duration_seconds == pytest.approx(STOP_SECONDS, abs=0.1)
    with open_audio(Path(video.path), settings=Settings()) as reader:
        found = click_times(reader.pieces())
    assert found == pytest.approx([n * CLICK_SECONDS for n in range(len(found))], abs=0.03) and len(found) == 16
    clip = tmp_path / "clip.mp4"
    work_on(video, clip, start_seconds=0.0, stop_seconds=2.5)
    assert numbers_in(clip) == [(0.0, 0)]
    assert heard_clicks(clip)[0] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0], abs=0.03)


def test_sound_may_go_on_for_minutes_before_a_picture(tmp_path: Path) -> None:
    video = probed(write_late_pictures(tmp_path / "radio.mp4", 130_000))
    assert video.duration_seconds == pytest.approx(135.0, abs=0.1)
    clip = tmp_path / "clip.mp4"
    work_on(video, clip, start_seconds=2.0, stop_seconds=4.0)
    assert numbers_in(clip) == [(0.0, 0)]
    check_clicks(clip, 2.0, 4.0)


def test_what_is_said_before_the_first_picture_is_found(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    write_late_pictures(films / "talk.mp4")
    (films / "talk.srt").write_text(
        "1\n00:00:01,000 --> 00:00:02,000\npanda\n\n2\n00:00:05,000 --> 00:00:06,000\nkoala\n"
    )
    index = TextIndex(tmp_path / "library")
    index.run(films)
    with index.open() as library:
        (video,) = library.videos()
        texts = {row.text: row.span for row in library.texts(video.video_id, "subtitle")}
        assert texts == {"panda": TimeSpan(1.0, 2.0), "koala": TimeSpan(5.0, 6.0)}
        assert library.audit() == []
