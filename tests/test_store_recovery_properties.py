"""The journal of videos and the record of files: what is written is read back, and damage is counted, never raised."""

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.catalog import STAGES
from indexer.records import (
    Chapter,
    Place,
    StageFailure,
    TextCorrection,
    TimeSpan,
    Video,
    VideoMetadata,
    VideoProbe,
    Voice,
)
from indexer.store.folder import JOURNAL_FILE, RECOVERY_FOLDER, LibraryFolder
from indexer.store.recovery.file_record import FileRecord
from indexer.store.recovery.video_journal import JournalEntry, VideoJournal, count_damaged_lines
from tests.helpers.store_samples import MAKER, video_id

TEXT = st.text(max_size=12)
SECONDS = st.floats(0, 1e6)
COUNT = st.integers(0, 2**31 - 1)
SPANS = st.builds(lambda start, length: TimeSpan(start, start + length), SECONDS, SECONDS)
STAGE = st.sampled_from(list(STAGES))
PROBES = st.builds(
    VideoProbe,
    container=TEXT,
    codec=TEXT,
    decoder=st.sampled_from(["decord", "pyav"]),
    width=COUNT,
    height=COUNT,
    rotation_degrees=st.sampled_from([0, 90, 180, 270]),
    duration_seconds=SECONDS,
    frames_per_second=SECONDS,
    start_seconds=st.floats(-1e6, 1e6),
    stream_index=st.integers(0, 1000),
    is_hdr=st.booleans(),
    subtitle_streams=st.lists(st.integers(0, 1000), max_size=3).map(tuple),
    audio_streams=st.integers(0, 1000),
)
METADATA = st.builds(
    VideoMetadata,
    title=TEXT,
    camera_make=TEXT,
    place=st.none() | st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
    comment=TEXT,
    chapters=st.lists(st.builds(Chapter, SPANS, TEXT), max_size=3).map(tuple),
)
VIDEOS = st.builds(
    Video,
    video_id=st.integers(0, 3).map(video_id),
    paths=st.lists(TEXT.map("/films/{}".format), min_size=1, max_size=3).map(tuple),
    size_bytes=st.integers(0, 2**62),
    modified_ns=st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=3).map(tuple),
    duration_seconds=SECONDS,
    probe=st.none() | PROBES,
    stages=st.dictionaries(STAGE, TEXT, max_size=3),
    warnings=st.lists(TEXT, max_size=2).map(tuple),
    failure_kind=TEXT,
    failure_reason=TEXT,
    failure_software=TEXT,
    metadata=METADATA,
    tags=st.lists(TEXT, max_size=3, unique=True).map(tuple),
    corrections=st.lists(
        st.builds(TextCorrection, st.sampled_from(["subtitle", "speech"]), SPANS, TEXT, TEXT), max_size=2
    ).map(tuple),
    voices=st.lists(st.builds(Voice, TEXT, SECONDS, st.binary(max_size=16)), max_size=2).map(tuple),
    stage_failures=st.dictionaries(STAGE, st.builds(StageFailure, TEXT, TEXT, TEXT), max_size=2),
)
ENTRIES = st.builds(
    JournalEntry, VIDEOS, st.dictionaries(st.sampled_from(["segments", "frames"]), COUNT), st.none() | COUNT
)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@contextmanager
def new_journal() -> Iterator[tuple[VideoJournal, Path]]:
    with TemporaryDirectory() as name:
        yield VideoJournal(LibraryFolder(Path(name)), MAKER), Path(name) / JOURNAL_FILE


def line_of(content: bytes) -> bytes:
    """A line as whole as the journal's own."""
    return b"%08x %s\n" % (zlib.crc32(content), content)


@given(st.lists(ENTRIES, max_size=4), st.sets(st.integers(0, 3).map(video_id), max_size=2))
def test_any_video_is_read_back_and_the_last_line_counts(entries: list[JournalEntry], removed: set[str]) -> None:
    with new_journal() as (journal, _):
        for entry in entries:
            journal.append([entry])
        content = journal.read()
        assert content.damaged_lines == 0
        assert {name: entry.video for name, entry in content.entries.items()} == {
            entry.video.video_id: entry.video for entry in entries
        }
        journal.append([], removed)
        kept = {name: entry for name, entry in content.entries.items() if name not in removed}
        assert journal.read().entries == kept
        journal.rewrite(kept.values())
        assert journal.read().entries == kept


@given(st.lists(ENTRIES, min_size=1, max_size=3), st.data())
def test_a_changed_byte_costs_the_lines_that_it_touches_and_no_other(
    entries: list[JournalEntry], data: st.DataObject
) -> None:
    with new_journal() as (journal, file):
        journal.append(entries)
        raw = bytearray(file.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 2))  # a missing last line end is no damage
        raw[place] ^= data.draw(st.integers(1, 255))
        file.write_bytes(raw)
        content = journal.read()
        assert content.damaged_lines >= 1 and count_damaged_lines(LibraryFolder(file.parent)) >= 1
        touched = raw[:place].count(b"\n")
        # The end of a line that is lost joins it to the next one.
        lost = {touched, touched + 1} if place in ends_of_lines(file, entries, journal) else {touched}
        whole = [entry.video for number, entry in enumerate(entries) if number not in lost]
        assert {entry.video.video_id for entry in content.entries.values()} == {one.video_id for one in whole}


def ends_of_lines(file: Path, entries: list[JournalEntry], journal: VideoJournal) -> set[int]:
    """Where the lines of a journal of these entries end."""
    changed = file.read_bytes()
    journal.rewrite(entries)
    raw = file.read_bytes()
    file.write_bytes(changed)
    return {place for place, sign in enumerate(raw) if sign == ord("\n")}


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            JSON.map(lambda value: line_of(json.dumps(value).encode())),
            st.builds(
                lambda key, value: line_of(json.dumps({key: value}).encode()),
                st.sampled_from(["video", "removed"]),
                JSON,
            ),
        ),
        max_size=6,
    )
)
def test_any_bytes_are_counted_and_a_line_after_them_is_read(lines: list[bytes]) -> None:
    with new_journal() as (journal, file):
        file.write_bytes(b"".join(lines))
        assert not journal.read().entries
        entry = JournalEntry(Video(video_id(9), ("/films/a.mp4",), 1, (1,), 1.0, None))
        journal.append([entry])
        assert journal.read().entries == {video_id(9): entry}
        assert count_damaged_lines(LibraryFolder(file.parent)) <= journal.read().damaged_lines


@settings(max_examples=300)
@given(st.data())
def test_a_whole_line_with_another_value_in_it_is_counted(data: st.DataObject) -> None:
    """Written by other software: the checksum is right, the content is not."""
    with new_journal() as (journal, file):
        journal.append([data.draw(ENTRIES)])
        content = json.loads(file.read_bytes().partition(b" ")[2])
        name = data.draw(st.sampled_from(sorted(content["video"])))
        inner = name in {"metadata", "stages", "stage_failures", "corrections"} and data.draw(st.booleans())
        value = data.draw(JSON)
        content["video"][name] = json.dumps(value) if inner else value
        file.write_bytes(line_of(json.dumps(content).encode()))
        found = journal.read()
        assert len(found.entries) + found.damaged_lines == 1


def test_deep_lines_are_damaged_lines() -> None:
    with new_journal() as (journal, file):
        file.write_bytes(line_of(b"[" * 100_000))
        assert journal.read().damaged_lines == 1
        assert count_damaged_lines(LibraryFolder(file.parent)) == 1


RECORDS = st.one_of(
    st.binary(max_size=100),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(
        st.sampled_from(["library.json", "../outside", "/etc/hostname", "a\0b", "tables/x.lance/_versions/1.manifest"])
        | TEXT,
        JSON | st.lists(st.integers(), min_size=3, max_size=3),
        max_size=4,
    ).map(lambda files: json.dumps({"files": files}).encode()),
    st.just(2_000).map(lambda depth: b"[" * depth),
)


@settings(max_examples=300)
@given(RECORDS)
def test_any_record_of_files_is_read_or_reported_and_replaced(raw: bytes) -> None:
    with TemporaryDirectory() as name:
        library = Path(name) / "library"
        (library / RECOVERY_FOLDER).mkdir(parents=True)
        (library / "library.json").write_text("{}", encoding="utf-8")
        (Path(name) / "outside").write_text("another's", encoding="utf-8")
        (library / RECOVERY_FOLDER / "files.json").write_bytes(raw)
        record = FileRecord(LibraryFolder(library))
        problems = record.problems()
        if record.read() is None:
            assert [problem.kind for problem in problems] == ["damaged_file"]
        assert not any("outside" in problem.detail or "hostname" in problem.detail for problem in problems)
        assert set(record.damaged_files()) <= set(record.read() or {})
        record.forget()
        record.finish()
        assert "library.json" in (record.read() or {})
        assert (Path(name) / "outside").read_text(encoding="utf-8") == "another's"
