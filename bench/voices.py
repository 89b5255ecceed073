"""Voices: the share of time with a wrong speaker, beside always saying one.

`python -m bench.voices SOUND... --truth RTTM...` prints the diarization error rate (missed speech, false speech and
confusion over the time of the truth) of each sound, by pyannote.metrics, which is installed for it alone
(`pip install pyannote.metrics`). A sound belongs to the recording of the RTTM files that its name ends in.
Overlapping speech counts, and there is no forgiveness around turns.
"""

import argparse
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bench.support.table import print_table
from indexer.models.voice_embedder import load_voice_embedder
from indexer.records import AUDIO_RATE, TimeSpan
from indexer.speech.diarization import PAUSE_SECONDS, embed_voice_windows, tell_voices_apart
from indexer.speech.voice_activity import find_speech

Turns = list[tuple[TimeSpan, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--truth", nargs="+", type=Path, required=True, help="RTTM files")
    given = parser.parse_args()
    truth = _read_rttm(given.truth)
    rows: list[list[str]] = []
    totals: dict[str, list[float]] = defaultdict(list)
    for sound in given.sounds:
        recording = next((name for name in truth if sound.stem.endswith(name)), "")
        if not recording and len(truth) == 1:
            recording = next(iter(truth))
        if not recording:
            raise SystemExit(f"no recording of the RTTM files belongs to {sound}: {', '.join(truth)}")
        turns, seconds = _diarized(sound)
        one = [(span, "only") for span, _ in turns]
        found, alone = (_errors(truth[recording], made, seconds) for made in (turns, one))
        totals["found"].append(found[0])
        totals["one"].append(alone[0])
        voices = len({name for _, name in turns})
        people = len({name for _, name in truth[recording]})
        rows.append([sound.name, str(people), str(voices), *(f"{value:.3f}" for value in (*found, alone[0]))])
    means = [float(np.mean(totals[name])) for name in ("found", "one")]
    rows.append(["mean", "", "", f"{means[0]:.3f}", "", "", "", f"{means[1]:.3f}"])
    print_table(["sound", "people", "voices", "error", "missed", "false", "confused", "error of one voice"], rows)


def _diarized(sound: Path) -> tuple[Turns, float]:
    """Turns of a sound, and its duration in seconds."""
    from faster_whisper import decode_audio

    decoded: Any = decode_audio(str(sound))
    samples = np.round(decoded * 32767).astype(np.int16)
    speech = find_speech(samples, pause_seconds=PAUSE_SECONDS, around_seconds=0.0)
    windows = embed_voice_windows(samples, speech, start_seconds=0.0, model=load_voice_embedder())
    voices = tell_voices_apart([windows])
    turns = [] if voices is None else [(s, str(label)) for s, label in zip(voices.spans, voices.labels, strict=True)]
    return turns, len(samples) / AUDIO_RATE


def _errors(truth: Turns, made: Turns, seconds: float) -> tuple[float, float, float, float]:
    """Error rate, and its parts: missed, false, confused; each over the speech of the truth."""
    try:
        core: Any = import_module("pyannote.core")
        metrics: Any = import_module("pyannote.metrics.diarization")
    except ImportError as error:
        raise SystemExit("the error rate is pyannote.metrics' own; install it: pip install pyannote.metrics") from error
    whole = core.Timeline([core.Segment(0, seconds)])
    parts = metrics.DiarizationErrorRate()(
        _annotation(core, truth), _annotation(core, made).support(), uem=whole, detailed=True
    )
    total = parts["total"]
    shares = (parts[name] / total for name in ("missed detection", "false alarm", "confusion"))
    return (parts["diarization error rate"], *shares)


def _annotation(core: Any, turns: Turns) -> Any:
    made = core.Annotation()
    for number, (span, name) in enumerate(turns):
        made[core.Segment(span.start_seconds, span.stop_seconds), number] = name
    return made


def _read_rttm(files: list[Path]) -> dict[str, Turns]:
    """Recording -> turns."""
    truth: dict[str, Turns] = defaultdict(list)
    for file in files:
        for line in file.read_text().splitlines():
            fields = line.split()
            start, length = float(fields[3]), float(fields[4])
            truth[fields[1]].append((TimeSpan(start, start + length), fields[7]))
    return dict(truth)


if __name__ == "__main__":
    main()
