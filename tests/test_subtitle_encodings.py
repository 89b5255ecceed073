"""Subtitles in encodings that they do not declare, whole, mixed and damaged, in files and in embedded tracks."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.records import TextTrack, TimedText, TimeSpan
from indexer.subtitles.encoding import decode_file, decode_lines
from indexer.subtitles.sidecars import read_sidecar
from indexer.subtitles.tracks import read_track
from tests.helpers.media import SHARED

REPORTS = SHARED / "reports" / "subtitle-encodings"
REPORTED = sorted(file.name for file in REPORTS.glob("*.srt")) or ["none"]


@pytest.mark.parametrize("name", REPORTED)
def test_reported_files_are_read_right(name: str) -> None:
    file = REPORTS / name
    if not file.exists():
        pytest.skip("shared/reports is not here")
    warnings: list[str] = []
    found = " ".join(cue.text for cue in read_sidecar(file, warn=warnings.append))
    (right,) = {" ".join(cue.text for cue in read_sidecar(Path(f"{file}.right")))}
    if "\ufffd" in found:
        assert "damaged" in warnings[0]
        assert len(found) - len(right) in (-1, 0)
        right = right[: found.index("\ufffd")]
        found = found[: found.index("\ufffd")]
    assert found == right


LINES = {
    "ru": ["Он ещё не пришёл домой вчера вечером.", "Мы едем в большой город.", "Привет, как твои дела сегодня?"],
    "uk": ["Чи є у вас їжа для собаки?", "Ми їдемо до великого міста.", "Її звати Ґалина, і вона живе в Києві."],
    "bg": ["Къде отиваш толкова късно през нощта?", "Ще се видим утре в града.", "Не знам какво искаш да кажеш."],
    "el": ["Σήμερα θα μιλήσουμε για τη μηχανή αναζήτησης.", "Πού πας τόσο αργά;", "Η Αθήνα είναι όμορφη."],
    "he": ["שלום לכולם, מה שלומך היום?", "אנחנו נוסעים לעיר הגדולה.", "להתראות, חבר שלי."],
    "ar": ["مرحبا، كيف حالك اليوم؟", "نحن ذاهبون إلى المدينة الكبيرة.", "وداعا يا صديقي."],
    "th": ["สวัสดีครับ วันนี้เป็นอย่างไรบ้าง", "เรากำลังไปเมืองใหญ่", "ลาก่อนเพื่อนของฉัน"],
    "tr": ["Nasılsın bugün?", "Şu çocuğa bak, ağlıyor.", "Işığı söndür, lütfen.", "Değil mi? Hoşça kal."],
    "pl": ["Cześć, jak się masz?", "Dziś jest bardzo ładna pogoda.", "Żółty samochód stoi przed domem."],
    "cs": ["Dobrý den, příliš žluťoučký kůň.", "Kde jsi byl včera večer?", "Děkuji, mám se dobře."],
    "hu": ["Nem tudom, hol van a nővérem.", "Az idő nagyon szép ma.", "Hűvös szél fúj a tenger felől."],
    "ro": ["Unde te duci aşa de târziu?", "Ţara noastră e frumoasă.", "Mulţumesc, ne vedem mâine în oraş."],
    "lt": ["Labas rytas, ąžuolas auga miške.", "Kur tu eini taip vėlai?", "Ačiū, aš gerai jaučiuosi."],
    "fr": ["Où êtes-vous passé hier soir ?", "Nous allons à la forêt, ça va très bien.", "Être ou ne pas être."],
    "de": ["Wo warst du gestern Abend?", "Die Straße ist schön, aber das Wetter ist übel.", "Tschüß, bis später."],
    "es": ["¿Dónde está el niño pequeño?", "Mañana iré a la montaña.", "Adiós, señor Martínez."],
    "da": ["Hvor er du på vej hen?", "Jeg vil gerne have rødgrød med fløde.", "Det er så hyggeligt at være her."],
    "vi": ["Bạn khỏe không?", "Chúng ta sẽ đi đến thành phố lớn.", "Tạm biệt bạn của tôi."],
    "zh-Hans": ["我们今天要讨论的是视频搜索引擎。", "你好，你今天怎么样？", "再见，我的朋友。"],
    "zh-Hant": ["我們今天要討論的是影片搜尋引擎。", "你好，你今天怎麼樣？", "再見，我的朋友。"],
    "ja": ["今日は動画検索エンジンの話をします。", "私たちは大きな街へ行きます。", "さようなら、また明日。"],
    "ko": ["안녕하세요, 오늘 기분이 어떠세요?", "우리는 큰 도시로 갑니다.", "햏자는 펲시를 좋아해요."],
}  # fmt: skip
ENCODINGS = {
    "ru": "cp1251 koi8_r iso8859_5 cp866 mac_cyrillic cp855", "uk": "cp1251 koi8_u", "bg": "cp1251 iso8859_5",
    "el": "cp1253 iso8859_7 cp737", "he": "cp1255 iso8859_8 cp862", "ar": "cp1256 iso8859_6 cp720",
    "th": "cp874 tis_620",
    "tr": "cp1254 iso8859_9 cp857", "pl": "cp1250 iso8859_2 cp852", "cs": "cp1250 iso8859_2 cp852",
    "hu": "cp1250 iso8859_2 cp852", "ro": "cp1250 iso8859_2", "lt": "cp1257 cp775", "fr": "cp1252 iso8859_1 iso8859_15",
    "de": "cp1252 cp850", "es": "cp1252 iso8859_1", "da": "cp1252 cp865", "zh-Hans": "gb2312 gbk gb18030",
    "zh-Hant": "big5 big5hkscs cp950", "ja": "shift_jis cp932 euc_jp iso2022_jp", "ko": "cp949 iso2022_kr johab",
}  # fmt: skip
WIDE = ["utf_16_le", "utf_16_be", "utf_16", "utf_32_le", "utf_32_be", "utf_32", "utf_8", "utf_8_sig"]


def srt(lines: list[str]) -> str:
    return "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n\n" for n, line in enumerate(lines, start=1))


@pytest.mark.parametrize(
    ("language", "encoding"), [(language, one) for language in ENCODINGS for one in ENCODINGS[language].split()]
)
def test_old_encodings_are_guessed(language: str, encoding: str) -> None:
    text = srt([line for line in LINES[language] if _fits(line, encoding)])
    assert decode_file(text.encode(encoding)).text == text


def _fits(line: str, encoding: str) -> bool:
    return line.encode(encoding, "ignore").decode(encoding) == line


@pytest.mark.parametrize("language", LINES)
@pytest.mark.parametrize("encoding", WIDE)
def test_unicode_without_a_mark_is_read(language: str, encoding: str) -> None:
    text = srt(LINES[language])
    assert decode_file(text.encode(encoding)).text == text


def test_a_mark_that_lies_is_not_believed() -> None:
    text = srt(LINES["ru"])
    assert decode_file(codecs.BOM_UTF16_LE + text.encode("cp1251")).text == text
    assert decode_file(codecs.BOM_UTF8 + text.encode("cp1251")).text == text


@pytest.mark.parametrize(
    ("language", "encoding"), [("zh-Hant", "big5"), ("ru", "cp1251"), ("ko", "cp949"), ("fr", "cp1252")]
)
@pytest.mark.parametrize("inserted", ["Поддержи нас на сайте!", "想在此处添加广告信息", "♪ ♪ ♪"])
def test_a_line_of_utf8_in_a_file_of_another_encoding(language: str, encoding: str, inserted: str) -> None:
    lines = LINES[language]
    raw = srt(lines).encode(encoding) + f"9\n00:00:09,000 --> 00:00:09,900\n{inserted}\n".encode()
    assert decode_file(raw).text.splitlines()[-1] == inserted
    assert all(line in decode_file(raw).text for line in lines)


def test_damage_costs_its_letter_and_is_told() -> None:
    raw = srt(LINES["ru"]).encode()
    place = raw.index("большой".encode())
    decoded = decode_file(raw[:place] + b"\xff" + raw[place + 1 :])
    assert "Мы едем в \ufffd" in decoded.text
    assert "ольшой город" in decoded.text
    assert decoded.doubt.endswith("damaged")
    assert decode_file(raw).doubt == ""


def test_text_that_was_encoded_twice_is_restored() -> None:
    for language in ("fr", "de", "pl", "ru"):
        text = srt(LINES[language] * 2)
        signs = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode()]
        assert decode_file("".join(signs).encode()).text == text
    meant = srt(["ALLÉ…", "Où êtes-vous passé ?", "À bientôt"])
    assert decode_file(meant.encode()).text == meant


def test_a_guess_from_nearly_nothing_is_told() -> None:
    assert "could be" in decode_lines([b"dzie\xf1"]).doubt
    assert decode_file(srt(LINES["pl"] * 3).encode("cp1250")).doubt == ""


@pytest.mark.parametrize(
    ("language", "encoding"), [("ru", "cp1251"), ("el", "cp1253"), ("ja", "cp932"), ("de", "cp1252")]
)
def test_embedded_tracks_are_judged_as_a_whole(language: str, encoding: str) -> None:
    cues = tuple(
        TimedText(TimeSpan(n, n + 0.5), line.encode(encoding).decode("utf-8", "surrogateescape"))
        for n, line in enumerate(LINES[language])
    )
    found, _ = read_track(TextTrack(1, "subrip", "", cues))
    assert [cue.text for cue in found] == LINES[language]


@given(st.lists(st.binary(max_size=30), max_size=10))
@settings(max_examples=300, deadline=None)
def test_any_bytes_decode_to_as_many_lines(lines: list[bytes]) -> None:
    whole = [line.replace(b"\n", b"") for line in lines]
    if not any(b"\x1b" in line or b"~{" in line for line in whole):
        assert len(decode_lines(whole).lines) == len(whole)
    decode_file(b"\n".join(whole)).text.encode()
