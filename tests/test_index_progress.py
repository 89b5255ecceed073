"""The progress of an indexing run, as its bar shows it."""

from dataclasses import replace

import pytest

from api.index_progress import IndexProgress
from indexer.catalog import ENTRY_OF_STAGE, STAGES, StageName
from indexer.pipeline.events import ScanFinished, StageFailed, StageFinished, StageProgress, VideoFailed

ALL: list[StageName] = list(STAGES)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def finished(path: str, stage: StageName) -> StageFinished:
    return StageFinished(path, "0" * 32, stage, 60.0, 3, 1.0)


def test_a_run_goes_from_nothing_to_everything_and_never_back() -> None:
    progress = IndexProgress(ALL)
    progress.add(ScanFinished(2, 2))
    shares = [progress.share]
    for stage in ALL:
        for path in ("a", "b"):
            for done in (20.0, 10.0, 55.0, 90.0):
                progress.add(StageProgress(path, stage, done, 60.0))
                shares.append(progress.share)
            progress.add(finished(path, stage))
            shares.append(progress.share)
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_a_failed_file_is_as_done_as_a_good_one() -> None:
    progress = IndexProgress(["picture"])
    progress.add(ScanFinished(2, 2))
    progress.add(StageProgress("bad", "picture", 30.0, 60.0))
    progress.add(VideoFailed("bad", "unreadable", "cut short"))
    assert progress.share == 0.5
    assert progress.stage_files == 1
    assert not progress.active


def test_a_failed_stage_is_as_done_as_a_good_one() -> None:
    progress = IndexProgress(["picture", "subtitles"])
    progress.add(ScanFinished(1, 1))
    progress.add(finished("a", "picture"))
    progress.add(StageFailed("a", "0" * 32, "subtitles", "unexpected", "a: unexpected ValueError"))
    assert progress.share == pytest.approx(1.0)
    assert [failure.stage for failure in progress.stage_failures] == ["subtitles"]


def test_a_later_stage_counts_what_an_earlier_run_did() -> None:
    progress = IndexProgress(ALL)
    progress.add(ScanFinished(1, 1))
    progress.add(StageProgress("a", "screen_text", 0.0, 60.0))
    assert progress.share == pytest.approx(
        ENTRY_OF_STAGE["picture"].time_share + ENTRY_OF_STAGE["subtitles"].time_share
    )
    assert progress.video_seconds == 0


def test_pace_and_time_left_come_from_the_clock() -> None:
    clock = Clock()
    progress = IndexProgress(["picture"], clock=clock)
    progress.add(ScanFinished(2, 2))
    progress.add(StageProgress("a", "picture", 0.0, 60.0))
    assert progress.pace == 0
    assert progress.seconds_left is None
    clock.now += 10
    progress.add(finished("a", "picture"))
    assert progress.pace == pytest.approx(6.0)
    assert progress.seconds_left == pytest.approx(10.0)


def test_an_unknown_duration_is_no_division_by_zero() -> None:
    progress = IndexProgress(ALL)
    progress.add(ScanFinished(1, 1))
    progress.add(StageProgress("a", "picture", 30.0, 0.0))
    assert progress.share == 0


def test_a_recording_is_done_without_the_stages_of_pictures() -> None:
    clock = Clock()
    progress = IndexProgress(ALL, clock=clock)
    progress.add(ScanFinished(2, 2))
    for stage in ("picture", "subtitles"):
        progress.add(replace(finished("memo", stage), media_kind="sound"))
        progress.add(finished("film", stage))
    progress.add(StageProgress("film", "screen_text", 0.0, 60.0))
    assert (progress.stage, progress.stage_files) == ("screen_text", 1)
    clock.now += 10
    progress.add(StageProgress("film", "screen_text", 30.0, 60.0))
    left = progress.seconds_left
    later = sum(ENTRY_OF_STAGE[stage].time_share for stage in ALL[ALL.index("screen_text") + 1 :])
    assert left == pytest.approx(10.0 + 20.0 * later / ENTRY_OF_STAGE["screen_text"].time_share)
    progress.add(finished("film", "screen_text"))
    progress.add(replace(finished("memo", "speech"), media_kind="sound"))
    progress.add(finished("film", "speech"))
    assert progress.share < 1
    progress.add(finished("film", "captions"))
    assert progress.share == pytest.approx(1.0)


def test_nothing_to_do_is_done() -> None:
    progress = IndexProgress(ALL)
    progress.add(ScanFinished(5, 0))
    assert progress.share == 1.0
