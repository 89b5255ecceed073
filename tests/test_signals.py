"""The table of signals: what follows from the catalog of stages, and what one more line in it brings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from search.query.field_signals import FIELD_SIGNALS, FIELD_SOURCES
from search.signals import (
    ENTRY_OF,
    MISREAD_SOURCES,
    SIGNAL_ENTRIES,
    SIGNAL_GROUPS,
    SIGNALS,
    signals_of_kind,
    sources_of_kind,
    sources_of_signals,
    word_signal_of,
)

ROOT = Path(__file__).parents[1]
ONE_MORE_STAGE = """
import json, sys, types
from pathlib import Path

code = Path("indexer/catalog.py").read_text(encoding="utf-8")
last = ')\\n\"\"\"In the order'
assert last in code
more = '    StageEntry("sounds", "sounds", 0.1, "no.module:Sounds", TextEntry("sound", "sound")),\\n'
code = code.replace(last, more + last)
catalog = sys.modules["indexer.catalog"] = types.ModuleType("indexer.catalog")
exec(compile(code, "catalog.py", "exec"), catalog.__dict__)

from search.answering.moment_texts import QUOTED_SOURCES
from search.query.field_signals import FIELD_SOURCES
from search.scoring.relevance import RelevanceEvidence, NearestScores, judge_relevance
from search.signals import ENTRY_OF, SIGNAL_GROUPS, SIGNALS

near = {"sound": NearestScores({("v", 0): 0.9}, -1.0), "sound_words": NearestScores({("v", 1): 1.0}, 0.0)}
relevance = judge_relevance("a dog barks", RelevanceEvidence(near), None).relevance()
print(json.dumps({
    "signals": [name for name in SIGNALS if name.startswith("sound")],
    "labels": [ENTRY_OF[name].label for name in ("sound", "sound_words")],
    "stages": [ENTRY_OF[name].stage for name in ("sound", "sound_words")],
    "groups": {group.name: [group.label, group.signals] for group in SIGNAL_GROUPS},
    "searched": FIELD_SOURCES[None],
    "quoted": QUOTED_SOURCES,
    "judged": [relevance["v", 0], relevance["v", 1]],
}))
"""
"""Reads the catalog with one stage more, whose texts are of no kind that is known, before anything else does."""


def test_the_names_are_those_of_the_documents() -> None:
    assert SIGNALS == (
        "picture", "subtitle", "subtitle_words", "speech", "speech_words", "screen_text", "screen_text_words",
        "caption", "caption_words", "metadata_words",
    )  # fmt: skip


@pytest.mark.parametrize("entry", SIGNAL_ENTRIES, ids=lambda entry: entry.name)
def test_each_entry_is_whole(entry: object) -> None:
    one = ENTRY_OF[entry.name]  # type: ignore[attr-defined]
    assert one.label == one.name.replace("_", " ").replace("screen text", "on-screen text")
    assert (one.source is None) == (one.method in ("picture", "metadata"))
    assert (one.stage is None) == (one.method == "metadata")


def test_each_signal_is_in_one_group_of_the_page() -> None:
    grouped = [signal for group in SIGNAL_GROUPS for signal in group.signals]
    assert sorted(grouped) == sorted(SIGNALS)
    assert [group.name for group in SIGNAL_GROUPS] == ["picture", "caption", "said", "written", "named"]


def test_fields_of_queries_follow_the_kinds() -> None:
    assert FIELD_SOURCES["said"] == sources_of_kind("said") == ("subtitle", "speech")
    assert FIELD_SOURCES["text"] == ("screen_text",) == tuple(MISREAD_SOURCES)
    assert FIELD_SIGNALS["caption"] == signals_of_kind("described") == ("caption", "caption_words")
    assert FIELD_SIGNALS["looks"] == ("picture",)


def test_signals_and_sources_lead_to_each_other() -> None:
    assert sources_of_signals(["speech_words", "subtitle", "picture", "metadata_words"]) == ("subtitle", "speech")
    assert [word_signal_of(source) for source in ("caption", "screen_text")] == ["caption_words", "screen_text_words"]


def test_one_more_stage_in_the_catalog_is_a_signal_everywhere() -> None:
    done = subprocess.run([sys.executable, "-c", ONE_MORE_STAGE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["signals"] == ["sound", "sound_words"]
    assert found["labels"] == ["sound", "sound words"]
    assert found["stages"] == ["sounds", "sounds"]
    assert found["groups"]["sound"] == ["Sound", ["sound", "sound_words"]]
    assert "sound" in found["searched"] and "sound" in found["quoted"]
    assert found["judged"] == [pytest.approx(0.95), pytest.approx(1.0)]
