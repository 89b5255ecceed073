"""Subtitles on their way into a library: sidecars, embedded tracks, and what is told of those not read."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from indexer.config import Settings
from indexer.pipeline.events import IndexEvent, VideoWarned
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from tests.helpers.fakes_search import text_only_models
from tests.helpers.media import numbered_picture, write_video

pytestmark = pytest.mark.slow

STYLES = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""Header that FFmpeg's TTML encoder requires."""


def write_with_track(path: Path, codec: str, cues: list[tuple[int, bytes]]) -> Path:
    """A video of 6 seconds with a text track; each cue lasts a second from its time in milliseconds."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        text = output.add_stream(codec)
        text.codec_context.subtitle_header = STYLES
        for number in range(150):
            output.mux(video.encode(av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")))
        output.mux(video.encode(None))
        for start, words in cues:
            packet = av.Packet(words)
            packet.stream, packet.pts, packet.dts, packet.duration = text, start, start, 1000
            packet.time_base = Fraction(1, 1000)
            output.mux(packet)
    return path


@pytest.fixture
def index(tmp_path: Path, settings_for: Callable[..., Settings]) -> Callable[..., tuple[list[str], list[str]]]:
    """Indexes a folder and returns the texts of its subtitles, with their starts, and the warnings."""

    def run(folder: Path) -> tuple[list[str], list[str]]:
        events: list[IndexEvent] = []
        index_paths([folder], settings=settings_for(), models=text_only_models(), on_event=events.append)
        with Library.open(tmp_path / "library") as library:
            rows = [row for video in library.videos() for row in library.texts(video.video_id, "subtitle")]
            warnings = [text for video in library.videos() for text in video.warnings]
        assert warnings == [event.warning for event in events if isinstance(event, VideoWarned)]
        return sorted(f"{row.span.start_seconds:g} {row.text}" for row in rows), warnings

    return run


def test_sidecars_of_many_formats_are_found(index: Callable[..., tuple[list[str], list[str]]], tmp_path: Path) -> None:
    folder = tmp_path / "films"
    (folder / "Subs").mkdir(parents=True)
    for number, (name, content) in enumerate({
        "a.ttml": "<tt><body><div><p begin='1s' end='2s'>ttml</p></div></body></tt>",
        "b.smi": "<SAMI><BODY><SYNC Start=1000><P>sami<SYNC Start=3000><P>&nbsp;</BODY></SAMI>",
        "c.sub": "{25}{50}microdvd\n",
        "d.en.sbv": "0:00:01.000,0:00:02.000\nsbv\n",
        "e.lrc": "[00:01.00]lyrics\n",
        "Subs/f.srt": "1\n10:00:01,000 --> 10:00:02,000\nbroadcast\n",
    }.items()):  # fmt: skip
        (folder / name).write_text(content)
        write_video(folder / f"{Path(name).name[0]}.mp4", range(0, 3000 + number * 40, 40))
    found, warnings = index(folder)
    assert found == ["1 broadcast", "1 lyrics", "1 microdvd", "1 sami", "1 sbv", "1 ttml"]
    assert warnings == []


def test_the_languages_of_a_video_are_those_of_its_texts_now(
    index: Callable[..., tuple[list[str], list[str]]], tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    write_video(folder / "film.mp4", range(0, 3000, 40))
    for language in ("ger", "pt-BR"):
        (folder / f"film.{language}.srt").write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{language}\n")
    index(folder)
    with Library.open(tmp_path / "library") as library:
        assert [video.languages for video in library.videos()] == [{"subtitle": ("de", "pt-BR")}]
    (folder / "film.ger.srt").unlink()
    index(folder)
    with Library.open(tmp_path / "library") as library:
        assert [video.language_tags for video in library.videos()] == [["pt-BR"]]


def test_what_is_not_read_is_told(index: Callable[..., tuple[list[str], list[str]]], tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    write_video(folder / "film.mp4", range(0, 3000, 40))
    (folder / "film.idx").write_text("# VobSub index file, v7\n")
    (folder / "film.sub").write_bytes(b"\x00\x00\x01\xba")
    (folder / "film.late.srt").write_text("1\n00:59:01,000 --> 00:59:02,000\nof another film\n")
    (folder / "film.txt").write_text("notes")
    found, warnings = index(folder)
    assert found == []
    assert len(warnings) == 2
    assert "film.idx looks like one of film.mp4 and was not read: it contains bitmap subtitles (VobSub)" in warnings[0]
    assert "film.late.srt: all its cues are after the end of film.mp4" in warnings[1]


def test_embedded_tracks_in_ttml_and_in_other_encodings(
    index: Callable[..., tuple[list[str], list[str]]], tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    write_with_track(folder / "a.mp4", "ttml", [(1000, b"Hello zebra."), (3500, b"Second giraffe.")])
    lines = ["Мы едем в большой город.", "До свидания, мой друг."]
    write_with_track(folder / "b.mkv", "subrip", [(n * 2000, line.encode("cp1251")) for n, line in enumerate(lines)])
    found, warnings = index(folder)
    assert found == ["0 Мы едем в большой город.", "1 Hello zebra.", "2 До свидания, мой друг.", "3.5 Second giraffe."]
    assert warnings == []
