"""Speakers: told apart within a video, recognized in others, named once, merged, split and searched."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from api.cli.main import main
from indexer.config import Settings
from indexer.errors import ModelBrokenError, NotInLibraryError, UsageError
from indexer.models.voice_embedder import WINDOW_SAMPLES, VoiceEmbedder, load_voice_embedder
from indexer.models.weights import voice_models
from indexer.models.weights.speech_models import OFFLINE_SPEECH_MODEL
from indexer.pipeline.index import index_paths
from indexer.records import TimedText, TimeSpan, Video, Voice
from indexer.speech import diarization
from indexer.speech.diarization import VoiceWindows, assign_voices, embed_voice_windows, tell_voices_apart
from indexer.speech.speakers import SpeakerBook, renamed, speakers_of, split_off, voice_of
from indexer.store.library import Library
from search.engine import SearchEngine
from tests.helpers.media import shared_file
from tests.helpers.media_sound import read_sound, write_talkie
from tests.helpers.stand_in_models import light_models

RATE = 16_000


def person(seed: int, count: int = 1, *, spread: float = 0.03) -> NDArray[np.float32]:
    """(count, 256) unit vectors near one direction: a voice."""
    base = np.abs(np.random.default_rng(seed).standard_normal(256))
    noise = np.random.default_rng(seed + 100).standard_normal((count, 256)) * spread * np.linalg.norm(base) / 16
    vectors = (base + noise).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def windows(*turns: tuple[int, float]) -> VoiceWindows:
    """Turns of (who, seconds), one after the other."""
    spans, vectors, at = list[TimeSpan](), list[NDArray[np.float32]](), 0.0
    for who, seconds in turns:
        count = round(seconds / 0.4)
        spans += [TimeSpan(at + 0.4 * n, at + 0.4 * (n + 1)) for n in range(count)]
        vectors.append(person(who, count))
        at += seconds
    return VoiceWindows(tuple(spans), np.concatenate(vectors))


def test_voices_are_told_apart_in_order_of_appearance_and_a_cough_is_none() -> None:
    found = tell_voices_apart([windows((7, 8.0), (3, 6.0), (7, 4.0), (9, 0.8))])
    assert found is not None
    assert [round(seconds) for seconds in found.seconds] in ([12, 7], [13, 6])
    assert [found.labels[n] for n in (0, 25, 40)] == [0, 1, 0]
    said = [TimedText(TimeSpan(1, 3), "a"), TimedText(TimeSpan(9, 12), "b"), TimedText(TimeSpan(50, 51), "c")]
    assert assign_voices(said, found) == [0, 1, -1]
    assert tell_voices_apart([]) is None


def test_a_long_sound_is_clustered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [windows((7, 8.0), (3, 6.0)), windows((3, 10.0), (7, 10.0))]
    whole = tell_voices_apart(blocks)
    monkeypatch.setattr(diarization, "CLUSTERED_AT_ONCE", 20)
    parts = tell_voices_apart(blocks)
    assert whole is not None and parts is not None
    assert whole.labels == parts.labels
    assert len(whole.seconds) == 2


def video(number: int, *voices: Voice) -> Video:
    return Video(f"{number:032x}", (f"/{number}.mp4",), 1, (1,), 60.0, None, voices=voices)


def test_the_same_voice_has_one_name_in_every_video_and_keeps_it() -> None:
    book = SpeakerBook([video(1, voice_of(person(7)[0], 60, "Anna"), voice_of(person(3)[0], 20, "Speaker 1"))])
    second = tell_voices_apart([windows((5, 8.0), (7, 6.0))])
    assert [voice.speaker for voice in book.name_voices("2" * 32, second)] == ["Speaker 2", "Anna"]
    again = tell_voices_apart([windows((7, 8.0), (5, 6.0))])
    assert [voice.speaker for voice in book.name_voices("2" * 32, again)] == ["Anna", "Speaker 2"]
    assert book.name_voices("3" * 32, None) == ()


def test_two_voices_of_one_video_are_two_people() -> None:
    book = SpeakerBook([video(1, voice_of(person(7)[0], 60, "Anna"))])
    twins = tell_voices_apart([windows((7, 8.0), (3, 8.0))])
    assert twins is not None
    near = diarization.Voices(twins.spans, twins.labels, np.stack([person(7)[0], person(7, 2)[1]]), twins.seconds)
    names = [voice.speaker for voice in book.name_voices("2" * 32, near)]
    assert sorted(names) == ["Anna", "Speaker 1"]


def test_speakers_are_renamed_merged_and_split() -> None:
    videos = [
        video(1, voice_of(person(7)[0], 60, "Speaker 1"), voice_of(person(3)[0], 20, "Speaker 2")),
        video(2, voice_of(person(7)[0], 30, "Speaker 1")),
        video(3, voice_of(person(7)[0], 10, "Speaker 3")),
    ]
    anna = {one.video_id: one for one in [*videos, *renamed(videos, "speaker 1", " Anna ")]}
    first = speakers_of(anna.values())[0]
    assert (first.name, first.seconds, first.videos) == ("Anna", 90, 2)
    merged = {**anna} | {one.video_id: one for one in renamed([*anna.values()], "Speaker 3", "anna")}
    assert [(one.name, one.videos) for one in speakers_of(merged.values())] == [("Anna", 3), ("Speaker 2", 1)]
    (alone,), name = split_off([*merged.values()], "Anna", videos[1].video_id)
    assert (alone.voices[0].speaker, name) == ("Speaker 1", "Speaker 1")
    with pytest.raises(NotInLibraryError, match="no speaker is called 'Berta'"):
        renamed(videos, "Berta", "Anna")
    with pytest.raises(NotInLibraryError, match="does not speak in that video"):
        split_off(videos, "Speaker 2", videos[1].video_id)
    with pytest.raises(UsageError, match="1 to 100 characters"):
        renamed(videos, "Speaker 1", "  ")


@pytest.fixture(scope="module")
def voice_model() -> VoiceEmbedder:
    return load_voice_embedder()


@pytest.mark.slow
def test_vectors_do_not_depend_on_the_batch_nor_quiet_sound_on_its_loudness(voice_model: VoiceEmbedder) -> None:
    sound = read_sound(shared_file("speech/conversation.wav"), rate=RATE)[7 * RATE :]
    stack = np.stack([sound[n : n + WINDOW_SAMPLES] for n in range(0, 5 * WINDOW_SAMPLES, WINDOW_SAMPLES)])
    vectors = voice_model.embed(stack)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(voice_model.embed(stack[2:3])[0], vectors[2], atol=1e-5)
    quiet, quieter = (voice_model.embed(stack * np.float32(factor)) for factor in (0.05, 0.02))
    assert np.allclose(quiet, quieter, atol=1e-4)
    assert voice_model.embed(stack[:0]).shape == (0, 256)
    assert np.isfinite(voice_model.embed(np.zeros((1, WINDOW_SAMPLES), np.float32))).all()


@pytest.mark.slow
def test_windows_cover_the_speech(voice_model: VoiceEmbedder) -> None:
    sound = (read_sound(shared_file("speech/conversation.wav"), rate=RATE) * 32767).astype(np.int16)
    made = embed_voice_windows(
        sound, [(7 * RATE, 10 * RATE), (11 * RATE, 11 * RATE + 800)], start_seconds=100.0, model=voice_model
    )
    assert sum(span.duration_seconds for span in made.spans) == pytest.approx(3.05)
    assert made.spans[0].start_seconds == 107.0 and made.spans[-1].stop_seconds == pytest.approx(111.05)
    assert len(made.vectors) == len(made.spans) == 9


def test_other_weights_than_the_published_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pretrained.pt").write_bytes(b"not the file")
    monkeypatch.setattr(type(voice_models.VOICE_PACKAGE), "_directory", lambda self: tmp_path)
    with pytest.raises(ModelBrokenError, match=r"is not the file of resemblyzer 0\.1\.4"):
        load_voice_embedder()


@pytest.fixture(scope="module")
def meetings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stretches of one meeting, with the same two people, as films."""
    folder = tmp_path_factory.mktemp("meetings")
    for name in ("meeting_dev00", "meeting_dev01"):
        sound = read_sound(shared_file(f"speech/{name}.wav"))
        write_talkie(folder / f"{name}.mp4", range(0, 30_000, 500), given_sound=sound)
    return folder


@pytest.fixture
def library(meetings: Path, settings_for: Callable[..., Settings]) -> Path:
    settings = settings_for(speech_model=OFFLINE_SPEECH_MODEL, speakers=True)
    index_paths([meetings], settings=settings, models=light_models())
    return Path(settings.library)


def names_in(library: Path) -> dict[str, list[str]]:
    with Library.open(library) as opened:
        assert opened.audit() == []
        return {Path(one.path).stem: [voice.speaker for voice in one.voices] for one in opened.videos()}


@pytest.mark.thorough
@pytest.mark.slow
def test_real_people_are_recognized_named_and_found(
    library: Path, meetings: Path, settings_for: Callable[..., Settings]
) -> None:
    names = names_in(library)
    shared = set(names["meeting_dev00"]) & set(names["meeting_dev01"])
    assert len(names["meeting_dev00"]) >= 2 and len(shared) >= 1
    both = sorted(shared)[0]

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, [*arguments, "--library", str(library)])

    listed = json.loads(run("speakers", "list", "--json").stdout)["speakers"]
    assert {one["name"] for one in listed} == {name for own in names.values() for name in own}
    assert run("speakers", "rename", both, "Anna Miller").exit_code == 0
    with SearchEngine.open(library, settings=Settings(), load=lambda settings: light_models()) as engine:
        found = engine.search("speaker:anna").moments
        assert {Path(moment.video).stem for moment in found} == set(names)
        others = engine.search('said:"the" -speaker:anna').moments
        spans = [(moment.video, moment.span) for moment in found]
        assert not any(
            other.video == video and other.span.intersection_seconds(span) > 0.5
            for other in others
            for video, span in spans
        )
        assert engine.search("speaker:nobody").moments == []
    assert "Anna Miller: " in run("transcript", "meeting_dev01.mp4").stdout
    index_paths(
        [meetings],
        settings=settings_for(speech_model=OFFLINE_SPEECH_MODEL, speakers=True, speech_words="desktop"),
        models=light_models(),
    )
    assert all("Anna Miller" in own for own in names_in(library).values()), "names survive indexing again"
    made = run("speakers", "split", "Anna Miller", "meeting_dev01.mp4", "--json")
    assert "Anna Miller" not in names_in(library)["meeting_dev01"]
    assert json.loads(made.stdout)["name"] in names_in(library)["meeting_dev01"]
    missing = run("speakers", "rename", "Berta", "Anna")
    assert missing.exit_code == 2 and "reelseek speakers" in missing.output
