"""Folders as people keep them: nested, linked in circles, named in any language, full of other things."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from indexer.errors import UsageError
from indexer.pipeline.scan import FoundFile, UnreadableFile, scan_for_videos


def names(paths: list[Path], **options: Path) -> list[str]:
    return [item.path.name for item in scan_for_videos(paths, **options) if isinstance(item, FoundFile)]


def touch(file: Path, content: bytes = b"x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_nested_folders_and_names_in_any_language(tmp_path: Path) -> None:
    for name in ("b/ü/視頻.mp4", "b/видео.MKV", "a file with spaces.mov", "b/notes.txt", "b/x.srt", ".hidden/y.mp4"):
        touch(tmp_path / name)
    assert names([tmp_path]) == ["a file with spaces.mov", "視頻.mp4", "видео.MKV"]


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "one.mp4")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "up").symlink_to(tmp_path)
    assert names([tmp_path]) == ["one.mp4"]


def test_a_link_and_its_target_are_one_video(tmp_path: Path) -> None:
    file = touch(tmp_path / "real.mp4")
    (tmp_path / "link.mp4").symlink_to(file)
    assert names([tmp_path]) == ["link.mp4"]
    assert names([tmp_path, file, tmp_path / "real.mp4"]) == ["link.mp4"]


def test_a_file_named_by_hand_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    assert names([touch(tmp_path / "film.txt")]) == ["film.txt"]


def test_first_bytes_tell_a_video_without_an_ending(tmp_path: Path) -> None:
    touch(tmp_path / "clip", b"\0\0\0\x18ftypisom")
    touch(tmp_path / "letter", b"Dear all")
    assert names([tmp_path]) == ["clip"]


@pytest.mark.parametrize(
    "name", "memo.m4a talk.mp3 a.wav b.flac c.opus d.ogg e.aac f.wma g.M4B h.oga i.amr j.aiff k.mka".split()
)
def test_sound_is_found_by_its_ending(name: str, tmp_path: Path) -> None:
    touch(tmp_path / name)
    assert names([tmp_path]) == [name]


@pytest.mark.parametrize(
    "head",
    [b"ID3\x04", b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVE", b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80", b"FORM\0\0\0\0AIFF"],
)
def test_first_bytes_tell_sound_whatever_its_ending(head: bytes, tmp_path: Path) -> None:
    touch(tmp_path / "memo.data", head + bytes(64))
    touch(tmp_path / "picture.data", b"\xff\xd8\xff\xe0" + bytes(64))
    touch(tmp_path / "utf16.data", "\ufeffDear all".encode("utf-16-le"))
    assert names([tmp_path]) == ["memo.data"]


def picture(form: str, frames: int) -> bytes:
    """A GIF or a WebP of small pictures of one colour each."""
    pictures = [Image.new("RGB", (64, 48), (40 * n, 0, 0)) for n in range(frames)]
    out = io.BytesIO()
    pictures[0].save(out, form, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def test_pictures_count_only_if_they_move(tmp_path: Path) -> None:
    for form in ("gif", "webp"):
        for place in (f"NAME.{form}", f"NAME_{form}"):
            touch(tmp_path / place.replace("NAME", "still"), picture(form, 1))
            touch(tmp_path / place.replace("NAME", "moves"), picture(form, 3))
    touch(tmp_path / "cut.gif", picture("gif", 3)[:40])
    touch(tmp_path / "page.gif", b"<html>not found</html>")
    touch(tmp_path / "still.avif", b"\0\0\0\x1cftypavif")
    touch(tmp_path / "raw.cr3", b"\0\0\0\x18ftypcrx ")
    assert names([tmp_path]) == ["moves.gif", "moves.webp", "moves_gif", "moves_webp"]


@pytest.mark.parametrize("ending", [".ts", ".mts", ".TS", ".dts", ".nut", ".d.ts"])
def test_source_text_with_the_ending_of_a_video_is_passed_over(ending: str, tmp_path: Path) -> None:
    touch(tmp_path / f"source{ending}", b"export const answer: number = 42;\n")
    touch(tmp_path / f"german{ending}", "// größer\n".encode("latin-1"))
    touch(tmp_path / f"wide{ending}", "\ufeff// wide".encode("utf-16-le"))
    touch(tmp_path / f"empty{ending}", b"")
    touch(tmp_path / f"linguist{ending}", b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>')
    assert names([tmp_path]) == []
    assert names([tmp_path / f"source{ending}"]) == [f"source{ending}"]


def test_streams_are_found_also_where_they_begin_in_mid_packet(tmp_path: Path) -> None:
    packets = (b"\x47\x40\x11\x10" + bytes(range(184))) * 4
    touch(tmp_path / "whole.ts", packets)
    touch(tmp_path / "mid.ts", packets[77:])
    touch(tmp_path / "camera.mts", b"\0\0\0\0" + packets)
    touch(tmp_path / "zeros.ts", bytes(4096))
    assert names([tmp_path]) == ["camera.mts", "mid.ts", "whole.ts", "zeros.ts"]


def test_other_files_of_the_container_of_avi_and_wave(tmp_path: Path) -> None:
    for form in (b"sfbk", b"CDR8", b"ACON"):
        touch(tmp_path / form.decode(), b"RIFF\0\0\0\0" + form)
    touch(tmp_path / "AVSEQ01.DAT", b"RIFF\0\0\0\0CDXAfmt ")
    assert names([tmp_path]) == ["AVSEQ01.DAT"]


def test_the_library_is_not_walked_into(tmp_path: Path) -> None:
    touch(tmp_path / "library" / "x.mp4")
    touch(tmp_path / "y.mp4")
    assert names([tmp_path], exclude=tmp_path / "library") == ["y.mp4"]


def test_a_path_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere.*does not exist"):
        scan_for_videos([tmp_path / "nowhere"])


def test_a_dangling_link_and_a_name_without_unicode_are_reported(tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nothing.mp4")
    bad = os.fsencode(tmp_path) + b"/caf\xe9.mp4"
    with open(bad, "wb"):  # noqa: PTH123 - a path of bytes
        pass
    lost = [item for item in scan_for_videos([tmp_path]) if isinstance(item, UnreadableFile)]
    assert len(lost) == 2
    assert "rename the file" in lost[0].reason + lost[1].reason
