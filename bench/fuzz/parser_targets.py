"""What the coverage-guided fuzzer feeds with bytes: each parser of what people bring, and the writers of edit lists.

A typed error is an answer; whatever else a target raises is a fault. The writers are fuzzed through their property
tests, which read back what was written.
"""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from indexer.config import load_settings
from indexer.errors import EvaluationError, QueryError, SettingsError
from indexer.records import Video
from indexer.subtitles.sidecars import SubtitleError, read_sidecar
from search.evaluation.ground_truth import read_truth
from search.query.durations import duration_or_none
from search.query.filter_parser import parse_filters
from search.query.moment_reference import parse_moment_reference
from search.query.parser import parse_query
from search.query.scope import parse_scope
from search.query.validation import check_query

VIDEO = Video("0" * 32, ("/films/talk.mp4",), 1, (1,), 60.0, None)

Run = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One parser or writer under test."""

    start: Callable[[], Run]
    """Imports it; called while imports are instrumented."""
    seeds: tuple[bytes, ...]
    """Inputs to begin with."""


def _query(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    with suppress(QueryError):
        parse_filters(parse_query(check_query(text)))
    with suppress(QueryError):
        parse_scope(text)
    with suppress(QueryError):
        parse_moment_reference(text)
    duration_or_none(text)


def _subtitles(file: Path) -> None:
    with suppress(SubtitleError):
        for cue in read_sidecar(file, frames_per_second=25.0):
            assert cue.text.strip() and 0 <= cue.span.start_seconds < cue.span.stop_seconds, cue


def _settings(file: Path) -> None:
    with suppress(SettingsError):
        load_settings(file=file)


def _truth(file: Path) -> None:
    with suppress(EvaluationError):
        read_truth(file, [VIDEO])


def _of_file(read: Callable[[Path], None], name: str) -> Run:
    """`read` as a function of bytes, through one file that is written again and again."""
    file = Path(tempfile.mkdtemp(prefix="reelseek-fuzz-")) / name

    def run(raw: bytes) -> None:
        file.write_bytes(raw)
        read(file)

    return run


def _of_property(module: str, function: str) -> Run:
    """A property test of Hypothesis as a function of bytes, which choose its example."""
    test: Any = getattr(import_module(module), function)
    return test.hypothesis.fuzz_one_input


_QUERY = 'a red car -rain "at night" then dog within 10s video:a* date:2024-01 signs:no like:a.mp4@1:02'
_CHOICES = tuple(Random(number).randbytes(3000) for number in range(8))
"""Enough bytes to choose a whole example from."""
_EXPORTS = "tests.test_export_properties"
_SRT = "1\n00:00:01,000 --> 00:00:02,500\n<i>Good</i> morning\n\n"
_SUBTITLES = (
    _SRT,
    "WEBVTT\n\nNOTE a\n\n00:01.000 --> 00:02.000 align:start\n<v Bob>Good\n",
    "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,{\\an8}Good\\Nmorning\n",
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">Good<br/>day</p></div></body></tt>',
    "<SAMI><BODY><SYNC Start=1000><P Class=ENCC>Good<SYNC Start=2000><P>&nbsp;</BODY></SAMI>",
    "{25}{50}Good|morning\n",
    "[00:01.00]Good\n[00:02.00]morning\n",
    "0:00:01.000,0:00:02.000\nGood\n\n",
    "Scenarist_SCC V1.0\n\n00:00:01:00\t9420 9420 c8e9 942f 942f\n",
    '{"events": [{"tStartMs": 1000, "dDurationMs": 500, "segs": [{"utf8": "Good"}]}]}',
)

TARGETS: Mapping[str, Target] = {
    "query": Target(lambda: _query, (_QUERY.encode(), b"talk.mp4@1:02:03", b"1h 2m")),
    "subtitles": Target(partial(_of_file, _subtitles, "a.srt"), tuple(text.encode() for text in _SUBTITLES)),
    "settings": Target(partial(_of_file, _settings, "a.toml"), (b'models = "text"\nframes_per_second = 0.5\n',)),
    "truth": Target(
        partial(_of_file, _truth, "a.jsonl"),
        (b'{"query": "a", "video": "talk.mp4", "windows": [[0, 1]], "unwanted": []}\n',),
    ),
    "edl": Target(partial(_of_property, _EXPORTS, "test_an_edl_has_every_frame"), _CHOICES),
    "fcpxml": Target(partial(_of_property, _EXPORTS, "test_an_fcpxml_has_every_frame"), _CHOICES),
    "transcripts": Target(partial(_of_property, _EXPORTS, "test_what_is_written_is_read_back_word_for_word"), _CHOICES),
}
