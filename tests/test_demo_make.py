"""The demo world on disk: files that decode to what was drawn, with subtitles and truth that agree."""

import json
import re
from pathlib import Path

import av
import numpy as np
import pytest
from av.subtitles.subtitle import AssSubtitle

from demo.world.errors import WorldWriteError
from demo.world.make import WorldSummary, make_world, srt_text, video_pictures
from demo.world.scenes import FRAMES_PER_SECOND, plan_world

pytestmark = pytest.mark.slow

MINUTES, SEED = 1.5, 5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    return make_world(tmp_path_factory.mktemp("world"), minutes=MINUTES, seed=SEED)


def decoded(path: Path) -> tuple[list[float], list[np.ndarray]]:
    with av.open(path) as container:
        container.streams.video[0].thread_type = "NONE"
        frames = list(container.decode(video=0))
    return [float(frame.time or 0) for frame in frames], [frame.to_ndarray(format="rgb24") for frame in frames]


def test_small_world_is_split_into_videos_of_half_a_minute(world: WorldSummary) -> None:
    assert len(world.videos) == 3
    assert world.seconds == MINUTES * 60
    assert all((world.folder / name).stat().st_size > 10_000 for name in world.videos)


def test_videos_decode_to_the_drawn_pictures_at_their_times(world: WorldSummary) -> None:
    scenes = plan_world(minutes=MINUTES, seed=SEED)[0]
    times, pictures = decoded(world.folder / world.videos[0])
    drawn = list(video_pictures(scenes))
    assert len(pictures) == len(drawn)
    assert times == pytest.approx([number / FRAMES_PER_SECOND for number in range(len(drawn))])
    for number in range(0, len(drawn), 17):
        difference = np.abs(pictures[number].astype(int) - drawn[number].astype(int))
        assert difference.mean() < 8


def test_codec_and_size(world: WorldSummary) -> None:
    with av.open(world.folder / world.videos[0]) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 320, 240)


def test_lines_are_subtitles_embedded_or_beside(tmp_path: Path) -> None:
    made = make_world(tmp_path, minutes=2, seed=12, video_minutes=1)
    plans = plan_world(minutes=2, seed=12, video_minutes=1)
    for number, name in enumerate(made.videos):
        spoken = [scene.line.text for scene in plans[number] if scene.line is not None]
        sidecar = (made.folder / name).with_suffix(".srt")
        assert sidecar.exists() == (number % 2 == 1 and bool(spoken))
        if sidecar.exists():
            assert sidecar.read_text() == srt_text(plans[number])
            assert all(text in sidecar.read_text() for text in spoken)
            continue
        with av.open(made.folder / name) as container:
            packets = [packet for packet in container.demux(subtitles=0) if packet.size > 2] if spoken else []
            shown = [text for packet in packets for text in packet.decode() if isinstance(text, AssSubtitle)]
        assert [text.dialogue.decode() for text in shown] == spoken


def test_srt_times_are_those_of_the_truth(world: WorldSummary) -> None:
    said = [json.loads(row) for row in (world.folder / "truth.jsonl").read_text().splitlines()]
    said = [row for row in said if row["kind"] == "said" and row["video"] == world.videos[1]]
    srt = (world.folder / world.videos[1]).with_suffix(".srt").read_text()
    starts = [int(m) * 60 + int(s) + int(ms) / 1000 for m, s, ms in re.findall(r"00:(\d+):(\d+),(\d+) -->", srt)]
    assert all(row["windows"][0][0] in starts for row in said)


def test_truth_and_questions_lie_inside_the_files(world: WorldSummary) -> None:
    lengths: dict[str, float] = {}
    for name in world.videos:
        with av.open(world.folder / name) as container:
            lengths[name] = container.streams.video[0].frames / FRAMES_PER_SECOND
    rows = [json.loads(row) for row in (world.folder / "truth.jsonl").read_text().splitlines()]
    assert len(rows) == sum(world.queries.values())
    questions = [json.loads(row) for row in (world.folder / "questions.jsonl").read_text().splitlines()]
    assert len(questions) == world.questions
    assert all(set(row) == {"question", "kind", "answer", "video", "windows"} for row in questions)
    for row in [*rows, *(row for row in questions if row["kind"] != "absent")]:
        assert all(0 <= start < stop <= lengths[row["video"]] for start, stop in row["windows"])


def test_same_seed_same_truth_to_the_byte_and_same_pictures(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_world(tmp_path / name, minutes=0.3, seed=21)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in files:
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        if name.endswith(".mp4"):
            # x264 does not write the same first packet twice, so its pictures may differ by what no eye sees.
            for a, b in zip(decoded(one)[1], decoded(two)[1], strict=True):
                assert np.abs(a.astype(np.int16) - b).mean() < 0.5
        else:
            assert one.read_bytes() == two.read_bytes()


def test_progress_rises_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    make_world(tmp_path, minutes=0.1, seed=2, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_folder_that_cannot_be_made_is_a_typed_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(WorldWriteError, match="file"):
        make_world(blocked / "world", minutes=0.1, seed=0)
