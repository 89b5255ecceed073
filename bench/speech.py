"""Speech: the words and the time of the stage beside those of faster-whisper alone, on the same files.

`python -m bench.speech FILE ...` prints for each file how many of the words differ from faster-whisper's own, the word
error rate of both where the truth is known (a text file FILE.txt beside it, or one of those below), and the median
seconds that each took. Both start from the file: faster-whisper decodes it within its process and transcribes it
as a whole, with the options of the stage; the stage reads it through a decoder process, in blocks.
"""

import argparse
import queue
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from bench.support.table import print_table
from indexer.config import Settings
from indexer.models.speech_recognizer import BEAM_SIZE, SpeechRecognizer, load_speech_model
from indexer.models.weights.speech_models import OFFLINE_SPEECH_MODEL, find_speech_weights
from indexer.pipeline.events import IndexEvent
from indexer.pipeline.stages.speech_worker import SpeechWorker
from indexer.records import Video
from search.text.words import split_words

THREADS = 2
KNOWN = {
    "jfk.flac": "And so my fellow Americans ask not what your country can do for you ask what you can do for your"
    " country",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", default=OFFLINE_SPEECH_MODEL)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from faster_whisper import WhisperModel, decode_audio

    weights = find_speech_weights(given.model)
    vendor = WhisperModel(str(weights.directory), device="cpu", compute_type="int8", cpu_threads=THREADS)
    ours = load_speech_model(given.model, device="cpu", threads=THREADS)

    def by_vendor(path: Path) -> str:
        options: Any = {"beam_size": BEAM_SIZE, "temperature": 0.0, "vad_filter": True, "word_timestamps": True}
        decoded: Any = decode_audio(str(path))
        segments, _ = vendor.transcribe(decoded, **options)
        return " ".join(segment.text for segment in segments)

    rows: list[list[str]] = []
    totals = {"vendor": 0.0, "stage": 0.0, "words": 0.0, "errors": 0.0}
    for path in given.files:
        theirs, their_seconds = _timed(lambda path=path: by_vendor(path), given.rounds)
        mine, my_seconds = _timed(lambda path=path: by_stage(path, ours), given.rounds)
        errors, words = _errors(theirs, mine), len(split_words(theirs))
        truth = _truth_of(path)
        rows.append(
            [
                path.name[:32],
                f"{words}",
                f"{errors / max(1, words):.3f}",
                *(f"{_errors(truth, text) / len(split_words(truth)):.3f}" if truth else "" for text in (theirs, mine)),
                f"{their_seconds:.2f}",
                f"{my_seconds:.2f}",
            ]
        )
        for name, value in zip(totals, (their_seconds, my_seconds, words, errors), strict=True):
            totals[name] += value
    rate, ratio = totals["errors"] / max(1.0, totals["words"]), totals["stage"] / totals["vendor"]
    rows.append(
        ["all", f"{totals['words']:.0f}", f"{rate:.3f}", "", "", f"{totals['vendor']:.2f}", f"{totals['stage']:.2f}"]
    )
    print_table(
        ["file", "words", "differ", "WER alone", "WER stage", "alone, s", "stage, s"],
        rows,
    )
    print(f"The stage takes {ratio:.2f} times as long as faster-whisper alone.")


def by_stage(path: Path, model: SpeechRecognizer) -> str:
    """The words that the stage would store of a file."""
    video = Video("0" * 32, (str(path),), 0, (0,), float("inf"), None, {})
    told: queue.SimpleQueue[IndexEvent] = queue.SimpleQueue()
    worker = SpeechWorker(
        [video],
        model=lambda: model,
        voice_model=lambda: None,
        hotwords="",
        settings=Settings(),
        emit=told.put,
        cancel=threading.Event(),
    )
    (made,) = worker.results()
    if made.error:
        raise SystemExit(str(made.error))
    return " ".join(text.text for text in made.texts)


def _timed(run: Callable[[], str], rounds: int) -> tuple[str, float]:
    seconds: list[float] = []
    text = ""
    for _ in range(rounds):
        started = time.perf_counter()
        text = run()
        seconds.append(time.perf_counter() - started)
    return text, statistics.median(seconds)


def _errors(reference: str, text: str) -> int:
    """Words that were added, lost or replaced."""
    return Levenshtein.distance(_words(reference), _words(text))


def _words(text: str) -> Sequence[str]:
    return split_words(text)


def _truth_of(path: Path) -> str:
    beside = path.with_suffix(".txt")
    return beside.read_text(encoding="utf-8") if beside.is_file() else KNOWN.get(path.name, "")


if __name__ == "__main__":
    main()
