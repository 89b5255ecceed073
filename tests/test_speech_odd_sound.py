"""Real speech in odd sound: the same words at the same times, and no words where nobody speaks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.config import Settings
from indexer.models.weights.speech_models import OFFLINE_SPEECH_MODEL
from indexer.pipeline.events import IndexEvent, StageLeftOut
from indexer.pipeline.index import index_paths
from indexer.records import TextRow
from indexer.store.library import Library
from tests.helpers.media import shared_file
from tests.helpers.media_sound import read_sound, write_recording, write_talkie
from tests.helpers.stand_in_models import light_models

pytestmark = pytest.mark.thorough

RATE = 16_000
Sound = NDArray[np.float32]
ASK_SECONDS = 8.1
"""When `ask what you can do` begins in the recording."""


def write_wave(path: Path, channels: Sound, *, rate: int = RATE, layout: str = "mono") -> None:
    """(channels, samples) -> a WAV file."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=rate, layout=layout)
        packed = np.ascontiguousarray((channels.T * 32767).astype(np.int16).reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate = rate
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def write_all(speech: Sound, folder: Path) -> dict[str, float]:
    """Files that all say the same; name -> how much later."""
    folder.mkdir()
    silent = np.zeros_like(speech)
    write_wave(folder / "plain.wav", speech[None])
    write_wave(folder / "telephone.wav", speech[None, ::2], rate=8000)
    write_wave(folder / "dead channel.wav", np.stack([silent, speech]), layout="stereo")
    write_wave(folder / "surround.wav", np.stack([silent, silent, speech, silent, silent, silent]), layout="5.1")
    fine = read_sound(shared_file("speech/jfk.flac"))
    write_recording(folder / "late.m4a", fine, container="mp4", lag_ms=4000)
    long = np.concatenate([fine, np.zeros(4 * 48_000, np.float32)])
    write_talkie(folder / "film.mp4", range(0, 15_000, 200), given_sound=long)
    return {
        "plain.wav": 0.0,
        "telephone.wav": 0.0,
        "dead channel.wav": 0.0,
        "surround.wav": 0.0,
        "late.m4a": 4.0,
        "film.mp4": 0.0,
    }


@pytest.fixture
def run(settings_for: Callable[..., Settings]) -> Callable[..., tuple[dict[str, list[TextRow]], list[IndexEvent]]]:
    def index(folder: Path, **values: Any) -> tuple[dict[str, list[TextRow]], list[IndexEvent]]:
        settings = settings_for(**({"speech_model": OFFLINE_SPEECH_MODEL, "speakers": False} | values))
        events: list[IndexEvent] = []
        index_paths([folder], settings=settings, models=light_models(), on_event=events.append)
        with Library.open(Path(settings.library)) as library:
            assert library.audit() == []
            assert all(not video.failures for video in library.videos())
            rows = {Path(one.path).name: library.texts(one.video_id, "speech") for one in library.videos()}
        return rows, events

    return index


def test_the_same_words_at_the_same_times(run: Any, tmp_path: Path) -> None:
    later = write_all(read_sound(shared_file("speech/jfk.flac"), rate=RATE), tmp_path / "odd")
    rows, _ = run(tmp_path / "odd")
    assert set(rows) == set(later)
    for name, seconds in later.items():
        words = [word for row in rows[name] for word in row.words]
        assert "ask what you can do for your country" in "".join(word.text for word in words), name
        start = [word.start_seconds for word in words if word.text.strip().casefold() == "ask"][-1]
        assert start - seconds == pytest.approx(ASK_SECONDS, abs=0.4), name


def test_nothing_is_heard_where_nobody_speaks(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "quiet"
    folder.mkdir()
    time, random = np.arange(20 * RATE) / RATE, np.random.default_rng(3)
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330)) * (
        0.6 + 0.4 * np.sin(2 * np.pi * 2 * time)
    )
    sounds = {"silence": 0 * time, "hiss": 0.2 * random.standard_normal(len(time)), "music": 0.2 * chord}
    for name, sound in sounds.items():
        write_wave(folder / f"{name}.wav", np.clip(sound, -1, 1).astype(np.float32)[None])
    rows, _ = run(folder)
    assert {name: [row.text for row in found] for name, found in rows.items()} == {f"{name}.wav": [] for name in sounds}


def test_a_language_that_the_model_does_not_know_leaves_speech_out_and_says_so(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    folder.mkdir()
    write_wave(folder / "talk.wav", read_sound(shared_file("speech/jfk.flac"), rate=RATE)[None])
    rows, events = run(folder, speech_language="de")
    assert rows == {"talk.wav": []}
    (told,) = [event for event in events if isinstance(event, StageLeftOut)]
    assert "does not know the language 'de'" in told.reason and "it knows: en" in told.reason
