"""Recordings beside videos in one library: words at their times, found and folded as those of videos, resumed."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indexer.catalog import NOT_APPLICABLE
from indexer.config import Settings
from indexer.errors import QueryError
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.models.transcript import TranscriptLine
from indexer.pipeline.events import IndexEvent, StageFinished, VideoFailed, VideoSkipped, VideoWarned
from indexer.pipeline.index import index_paths
from indexer.pipeline.readiness import readiness
from indexer.records import Samples16, Video
from indexer.store.library import Library
from search.chapters.chapters import chapters_of
from search.engine import SearchEngine
from tests.helpers.fakes_speech import FakeSpeechModel, loud_spans, said
from tests.helpers.fakes_text import FakeTextModel
from tests.helpers.media import shared_file, write_video
from tests.helpers.media_sound import RATE, synthetic_voice, write_recording
from tests.helpers.stand_in_models import StandInPictureModel

pytestmark = pytest.mark.thorough

SPANS = [(2.0, 4.0), (38.0, 40.0)]
SRT = "1\n00:00:03,000 --> 00:00:05,000\nThe harbour is closed.\n\n2\n00:00:38,500 --> 00:00:40,000\nBring a lantern.\n"
BLUE = np.full((200, 200, 3), (20, 20, 200), np.uint8)


def hear(sound: Samples16) -> list[TranscriptLine]:
    return [said("The harbour is closed.", *span) for span in loud_spans(sound)]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    sound = synthetic_voice(45, SPANS)
    write_recording(folder / "memo.opus", sound, sound_codec="libopus", container="ogg")
    write_recording(folder / "episode.m4a", sound, cover=BLUE, container="mp4", tags={"title": "Episode 7"})
    write_video(folder / "film.mp4", range(0, 8000, 200))
    (folder / "episode.srt").write_text(SRT)
    return folder


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn, tmp_path / "recordings"))


def light_models(*, pictures: bool = True) -> Models:
    profile = replace(PROFILES["demo"], screen_text=True, text_model="fake")
    return Models(profile, StandInPictureModel(dim=48) if pictures else None, FakeTextModel())


@pytest.fixture
def run(folder: Path, settings_for: Callable[..., Settings]) -> Callable[..., list[IndexEvent]]:
    def index(*, given: Models | None = None, speech_model: Any = None, **values: Any) -> list[IndexEvent]:
        events: list[IndexEvent] = []
        named = {"speech_model": "given"} if speech_model else {}
        index_paths(
            [folder],
            settings=settings_for(**(named | {"screen_text": True} | values)),
            on_event=events.append,
            models=given or light_models(),
            speech_model=speech_model,
        )
        return events

    return index


def videos_by_name(library: Library) -> dict[str, Video]:
    return {Path(video.path).name: video for video in library.videos()}


def test_recordings_become_segments_with_waveforms_beside_videos(
    run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    events = run()
    assert not [event for event in events if isinstance(event, VideoFailed | VideoWarned)]
    with Library.open(tmp_path / "library") as library:
        assert library.audit() == []
        found = videos_by_name(library)
        assert {name: video.kind for name, video in found.items()} == {
            "memo.opus": "sound", "episode.m4a": "sound", "film.mp4": "video"
        }  # fmt: skip
        memo = found["memo.opus"]
        assert memo.duration_seconds == pytest.approx(45, abs=0.1)
        segments = library.segments(memo.video_id)
        assert len(segments) == 2 and segments[-1].span.stop_seconds == memo.duration_seconds
        assert not 38 < segments[1].span.start_seconds < 40, "no segment begins inside what is said"
        assert library.frames(memo.video_id) == [] and {row.vector for row in segments} == {None}
        assert all(row.vector is not None for row in library.segments(found["film.mp4"].video_id))
        with Image.open(library.thumbnail_path(memo.video_id, 0)) as waveform:
            assert waveform.width / waveform.height == pytest.approx(16 / 9, abs=0.01)
        assert found["episode.m4a"].metadata.title == "Episode 7"


def test_the_cover_is_kept_beside_the_waveforms(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    run()
    with Library.open(tmp_path / "library") as library:
        found = videos_by_name(library)
        with Image.open(library.cover_path(found["episode.m4a"].video_id)) as cover:
            assert np.abs(np.asarray(cover).astype(int) - BLUE).mean() < 12
        assert not library.cover_path(found["memo.opus"].video_id).exists()
        assert library.audit() == []


def test_stages_of_pictures_do_not_apply_and_are_never_missing(
    run: Callable[..., list[IndexEvent]], tmp_path: Path, settings_for: Callable[..., Settings]
) -> None:
    events = run()
    read = [
        Path(event.path).name for event in events if isinstance(event, StageFinished) and event.stage == "screen_text"
    ]
    assert read == ["film.mp4"]
    with Library.open(tmp_path / "library") as library:
        memo = videos_by_name(library)["memo.opus"]
        assert memo.stages["screen_text"] == memo.stages["captions"] == NOT_APPLICABLE
        assert memo.made_stages == ["picture", "subtitles"]
        states = {one.stage: one for one in readiness(settings_for(screen_text=True), library.videos())}
        assert (states["screen_text"].state, states["screen_text"].videos) == ("ready", 1)
    assert len([event for event in run() if isinstance(event, VideoSkipped)]) == 3


def test_a_sidecar_s_words_are_found_at_their_times(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    run()
    with SearchEngine.open(tmp_path / "library", settings=Settings()) as engine:
        moment = engine.search("bring a lantern", signals=["subtitle_words"]).moments[0]
        assert (Path(moment.video).name, moment.kind) == ("episode.m4a", "sound")
        assert moment.span.start_seconds == pytest.approx(38.5)
        assert moment.thumbnail is not None
        by_name = engine.search("episode", signals=["metadata_words"]).moments
        assert [Path(one.video).name for one in by_name][:1] == ["episode.m4a"]


def test_speech_is_heard_at_its_times(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    fake = FakeSpeechModel(hear)
    run(speech_model=fake)
    with Library.open(tmp_path / "library") as library:
        rows = library.texts(videos_by_name(library)["memo.opus"].video_id, "speech")
        assert [row.span.start_seconds for row in rows] == pytest.approx([2, 38], abs=0.11)
        assert [row.segment_index for row in rows] == [0, 1]
        assert library.audit() == []


def test_late_sound_is_heard_late(folder: Path, run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    write_recording(folder / "late.m4a", synthetic_voice(20, [(2, 4)]), lag_ms=10_000)
    run(speech_model=FakeSpeechModel(hear))
    with Library.open(tmp_path / "library") as library:
        late = videos_by_name(library)["late.m4a"]
        assert late.duration_seconds == pytest.approx(30, abs=0.1)
        (row,) = library.texts(late.video_id, "speech")
        assert row.span.start_seconds == pytest.approx(12, abs=0.16)


def noisy(spans: list[tuple[float, float]]) -> NDArray[np.float32]:
    """(samples,) 45 s of near silence with loud noise at the given times."""
    sound = np.random.default_rng(7).standard_normal(45 * RATE).astype(np.float32) * 0.0005
    for start, stop in spans:
        sound[round(start * RATE) : round(stop * RATE)] *= 300
    return sound


def test_a_copy_in_another_format_folds_into_one_moment(
    folder: Path, run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    for file in folder.iterdir():
        file.unlink()
    write_recording(folder / "memo.opus", noisy(SPANS), sound_codec="libopus", container="ogg")
    write_recording(folder / "copy.m4a", noisy(SPANS), container="mp4")
    write_recording(folder / "other.flac", noisy([(12, 14), (20, 29)]), sound_codec="flac")
    for name in ("memo", "copy", "other"):
        (folder / f"{name}.srt").write_text(SRT)
    run()
    with SearchEngine.open(tmp_path / "library", settings=Settings()) as engine:
        moments = engine.search("the harbour is closed", signals=["subtitle_words"]).moments
        assert sorted(moment.alike for moment in moments) == [0, 1], "the same words over another sound stay apart"


def test_without_a_picture_model_it_is_the_same(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    run(given=light_models(pictures=False), models="text", clip_model="")
    with Library.open(tmp_path / "library") as library:
        assert library.audit() == []
        assert len(library.segments(videos_by_name(library)["memo.opus"].video_id)) == 2


def test_vectors_that_are_absent_survive_compaction_and_reading_without_memory(
    run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    run()
    with Library.open(tmp_path / "library") as library:
        maker = library.maker
    with Library.open_writer(tmp_path / "library", maker=maker) as library:
        library.maintain(force=True)
        found = videos_by_name(library)
        keys = [(video.video_id, 0) for video in found.values()]
        assert set(library.segment_vectors(keys)) == {(found["film.mp4"].video_id, 0)}
        assert {row.vector for row in library.segments(found["memo.opus"].video_id)} == {None}
    with Library.open(tmp_path / "library") as library:
        assert set(library.segment_vectors(keys)) == {(found["film.mp4"].video_id, 0)}


def test_a_search_by_picture_finds_no_recording_and_none_is_like_one(
    run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    models = light_models()
    run(given=models)
    with SearchEngine.open(tmp_path / "library", settings=Settings(), load=lambda settings: models) as engine:
        found = engine.search("anything at all", signals=["picture"], threshold=0.0)
        assert {Path(one.video).name for one in (*found.moments, *found.closest)} <= {"film.mp4"}
        with pytest.raises(QueryError, match=r"memo\.opus.*no pictures"):
            engine.search("", like="memo.opus@3")


def test_broken_recordings_fail_alone_with_a_reason(
    folder: Path, run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    (folder / "empty.mp3").touch()
    (folder / "noise.mp3").write_bytes(np.random.default_rng(1).bytes(50_000))
    whole = (folder / "memo.opus").read_bytes()
    (folder / "half.opus").write_bytes(whole[: len(whole) // 2])
    failed = {Path(event.path).name: event for event in run() if isinstance(event, VideoFailed)}
    assert set(failed) == {"empty.mp3", "noise.mp3"}
    assert {event.kind for event in failed.values()} == {"unreadable"}
    with Library.open(tmp_path / "library") as library:
        assert 15 < videos_by_name(library)["half.opus"].duration_seconds < 30
        assert library.audit() == []


def test_what_an_older_version_refused_is_tried_again(
    run: Callable[..., list[IndexEvent]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    with Library.open(tmp_path / "library") as library:
        maker, memo = library.maker, videos_by_name(library)["memo.opus"]
    with Library.open_writer(tmp_path / "library", maker=maker) as library:
        library.remove_videos([memo.video_id])
        refused = replace(memo, probe=None, stages={}, duration_seconds=0.0, failure_kind="no_picture")
        library.put_videos([replace(refused, failure_software="decode-1 | av 17")])
    run()
    with Library.open(tmp_path / "library") as library:
        assert videos_by_name(library)["memo.opus"].made_stages


def test_real_recordings_have_chapters_from_their_words(
    run: Callable[..., list[IndexEvent]], folder: Path, tmp_path: Path
) -> None:
    shutil.copy(shared_file("hard/audio_only/italia.mp4"), folder / "italia.mp4")
    lines = [f"{n}\n00:00:{n * 9:02d},000 --> 00:00:{n * 9 + 5:02d},000\nLine {n} about the sea.\n" for n in range(6)]
    (folder / "italia.srt").write_text("\n".join(lines))
    run()
    with Library.open(tmp_path / "library") as library:
        italia = videos_by_name(library)["italia.mp4"]
        assert italia.kind == "sound"
        assert len(library.segments(italia.video_id)) >= 4
        assert chapters_of(library, italia)[0].span.start_seconds == 0
