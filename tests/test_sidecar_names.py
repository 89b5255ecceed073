"""Which subtitle files belong to a video, by the names that players, downloaders, cameras and people give them."""

import os
import unicodedata
from pathlib import Path

import pytest

from indexer.subtitles.sidecar_names import find_sidecars, language_of_name, sidecars_of


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("video", "file", "language"),
    [
        ("Talk [abc].mp4", "Talk [abc].en-ehkg1hFWq8A.srt", "en"),
        ("Talk [abc].mp4", "Talk [abc].en-orig.vtt", "en"),
        ("Talk [abc].mkv", "Talk [abc].zh-Hans-en.ttml", "zh-Hans"),
        ("Talk [abc].webm", "Talk [abc].pt-BR.json3", "pt-BR"),
        ("two.mp4", "two.en.2.srt", "en"),
        ("one.mp4", "one.1.en.srt", "en"),
        ("under.mp4", "under_en.srt", "en"),
        ("under.mp4", "under_pt_BR.srt", "pt-BR"),
        ("blank.mp4", "blank (English).srt", "en"),
        ("remark.mp4", "remark.English (SDH).srt", "en"),
        ("CAPS.MP4", "caps.srt", ""),
        ("film.mp4", "film.SRT", ""),
        ("film.mp4", "film.mp4.srt", ""),
        ("movie.mp4", "movie.en.forced.srt", "en"),
        ("movie.mp4", "movie.en.hi.srt", "en"),
        ("movie.mp4", "movie.hi.srt", "hi"),
        ("movie.mp4", "movie.eng.sdh.ass", "eng"),
        ("movie.mp4", "movie.default.zht.srt", "zh-Hant"),
        ("movie.mp4", "movie.Director's Commentary.ger.srt", "de"),
        ("movie.mp4", "movie_track3_[eng].srt", "eng"),
        ("movie.mp4", "movie - Deutsch.srt", "de"),
        ("movie.mp4", "movie-ru.srt", "ru"),
        ("movie.mp4", "movie.русский.srt", "ru"),
        ("movie.mp4", "movie.smi", ""),
        ("It.Is.No.Go.mp4", "It.Is.No.Go.srt", ""),
        ("It.Is.No.Go.mp4", "It.Is.No.Go.de.srt", "de"),
        ("Show.S01E01.1080p.WEB.mkv", "Show.S01E01.1080p.WEB.pt-br.sdh.srt", "pt-BR"),
        ("pack/film.mp4", "pack/Subs/2_English.srt", "en"),
        ("pack/film.mp4", "pack/subtitles/eng.srt", "eng"),
        ("film.mp4", "Subs/film.srt", ""),
        ("film.mp4", "Subs/film/4_French.srt", "fr"),
        ("01.mkv", "Eng Sub/[Group]/01.ass", "eng"),
        ("01.mkv", "Rus Sub/[Team]/Forced/01.ass", "rus"),
        ("天氣之子 - 1080p.mkv", "天氣之子.zh-Hant.ass", "zh-Hant"),
        ("A.AAC-RARBG.mkv", "A.AAC-RARBG.forced.srt", ""),
        ("S01E03 [NF 1080p][HEVC]-DBTV.mkv", "S01E03 [NF 1080p][HEVC]-DBTV.zh-HK.srt", "zh-HK"),
        ("E S01.mkv", "E S01.Chinese Simplified with English.chi.default.ass", "chi"),
        (unicodedata.normalize("NFC", "café.mp4"), unicodedata.normalize("NFD", "café.en.srt"), "en"),
        (unicodedata.normalize("NFD", "한글 영상.mp4"), unicodedata.normalize("NFC", "한글 영상.ko.srt"), "ko"),
    ],
)
def test_names_of_one_track(tmp_path: Path, video: str, file: str, language: str) -> None:
    make(tmp_path, video, file)
    assert find_sidecars(tmp_path / video).read == (tmp_path / file,)
    assert find_sidecars(tmp_path / video).unread == ()
    assert language_of_name(tmp_path / file, [tmp_path / video]) == language
    assert language_of_name(tmp_path / file) == language


def test_a_file_belongs_to_the_longest_name(tmp_path: Path) -> None:
    make(tmp_path, "film.mp4", "film 2.mp4", "film 2.srt", "film 2 en.srt", "film.en.srt", "films.srt", "other.srt")
    assert [file.name for file in find_sidecars(tmp_path / "film.mp4").read] == ["film.en.srt"]
    assert [file.name for file in find_sidecars(tmp_path / "film 2.mp4").read] == ["film 2 en.srt", "film 2.srt"]


def test_names_that_differ_in_case_alone_keep_their_own(tmp_path: Path) -> None:
    make(tmp_path, "IMG_1.mp4", "img_1.mp4", "IMG_1.srt", "img_1.srt")
    assert [file.name for file in find_sidecars(tmp_path / "IMG_1.mp4").read] == ["IMG_1.srt"]
    assert [file.name for file in find_sidecars(tmp_path / "img_1.mp4").read] == ["img_1.srt"]


def test_a_folder_of_subtitles_beside_several_videos(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4", "b.mp4", "Subs/a.srt", "Subs/b/2_English.srt", "Subs/2_English.srt")
    assert [file.name for file in find_sidecars(tmp_path / "a.mp4").read] == ["a.srt"]
    assert [file.parent.name for file in find_sidecars(tmp_path / "b.mp4").read] == ["b"]


def test_what_is_not_read_is_named_with_its_reason(tmp_path: Path) -> None:
    make(tmp_path, "film.mp4", "film.idx", "film.sub", "film.en.sup", "film.stl", "film about dogs.srt", "film.txt")
    found = find_sidecars(tmp_path / "film.mp4")
    assert found.read == ()
    assert {item.path.name: item.reason for item in found.unread} == {
        "film.idx": "it contains bitmap subtitles (VobSub), not text",
        "film.en.sup": "it contains bitmap subtitles (PGS), not text",
        "film.stl": "its format is not supported",
        "film about dogs.srt": "'about dogs' after the video's name is not a language, flag or number",
    }


MICRODVD = "{25}{50}Good|morning\n{75}{100}And good night\n"
SRT = "1\r\n00:00:01,000 --> 00:00:02,000\r\nGood morning\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nAnd night\r\n"
TTML = (
    '<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml"><body>'
    '<p begin="1s" end="2s">a</p><p begin="3s" end="4s">b</p></body></tt>'
)
NOTES = "Notes on the film\n\n00:01:00 the dog runs\n00:02:00 the dog sleeps\nThanks to everybody\n"


@pytest.mark.parametrize(
    ("name", "text", "is_read"),
    [
        pytest.param("film.txt", MICRODVD, True, id="MicroDVD"),
        pytest.param("film.pl.txt", SRT, True, id="SubRip"),
        pytest.param("film.xml", TTML, True, id="TTML"),
        pytest.param("film.txt", NOTES, False, id="notes with times"),
        pytest.param("film.txt", "", False, id="empty"),
        pytest.param("film.txt", "Good morning. " * 2000 + SRT, False, id="a text"),
        pytest.param("film.xml", "<movie><title>Film</title><runtime>90</runtime></movie>", False, id="media centre"),
        pytest.param("other.txt", MICRODVD, False, id="of another video"),
    ],
)
def test_a_text_is_subtitles_where_its_content_says_so(tmp_path: Path, name: str, text: str, *, is_read: bool) -> None:
    make(tmp_path, "film.mp4")
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = find_sidecars(tmp_path / "film.mp4")
    assert found.read == ((tmp_path / name,) if is_read else ())
    assert found.unread == ()
    if is_read:
        assert language_of_name(tmp_path / name) == ("pl" if ".pl." in name else "")


def test_a_pipe_is_no_text(tmp_path: Path) -> None:
    make(tmp_path, "film.mp4")
    os.mkfifo(tmp_path / "film.txt")
    assert find_sidecars(tmp_path / "film.mp4").read == ()


def test_a_name_that_is_only_the_beginning_is_told(tmp_path: Path) -> None:
    make(tmp_path, "Show.S01E01.1080p.mkv", "Show.S01E01.en.srt", "Show.S01E011.srt", "Sho.srt")
    (item,) = find_sidecars(tmp_path / "Show.S01E01.1080p.mkv").unread
    assert (item.path.name, item.reason) == ("Show.S01E01.en.srt", "its name is only the beginning of the video's")


def test_the_first_copy_with_subtitles_counts(tmp_path: Path) -> None:
    make(tmp_path, "a/film.mp4", "b/film.mp4", "b/film.srt", "a/film.idx")
    found = sidecars_of([tmp_path / "a" / "film.mp4", tmp_path / "b" / "film.mp4"])
    assert found.read == (tmp_path / "b" / "film.srt",)
    assert sidecars_of([tmp_path / "nowhere" / "film.mp4"]).read == ()


def test_a_file_that_comes_is_seen(tmp_path: Path) -> None:
    make(tmp_path, "film.mp4")
    assert find_sidecars(tmp_path / "film.mp4").read == ()
    make(tmp_path, "film.srt")
    assert find_sidecars(tmp_path / "film.mp4").read == (tmp_path / "film.srt",)
