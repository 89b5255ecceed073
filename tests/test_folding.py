"""One folding in every place that compares words: index, matching, quotes, excerpts, names; in any script."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.highlight import matching_spans
from indexer.config import Settings
from indexer.records import TimeSpan, Video
from indexer.words.attached_forms import attached_forms
from indexer.words.folding import WORD, fold, fold_letters, fold_name, folded_words
from indexer.words.index_terms import index_terms, query_terms
from search.engine import SearchEngine
from search.query.filters import is_in_folder, video_fits_name
from search.text.phrase_matching import holds_phrase
from search.text.term_coverage import word_share
from search.text.words import split_words
from tests.helpers.fakes_search import SmallLibrary, text_only_models

SAME = [
    ("еще", "ЕЩЁ"), ("йод", "Иод"), ("Ґалина", "галина"), ("мʼяч", "м'яч"), ("ΑΘΗΝΑ", "Αθήνα"), ("οδος", "ΟΔΌΣ"),
    ("ᾳ", "α"), ("ışık", "IŞIK"), ("isik", "ışık"), ("İhsan", "ihsan"), ("كتب", "كَتَبَ"), ("رساله", "رِسَالَةً"),
    ("آدم", "ادم"), ("محمد", "محمـــد"),
    ("کتاب", "كتاب"), ("علی", "على"), ("שלום", "שָׁלוֹם"), ("װאַרשע", "ווארשע"), ("oeuvre", "Œuvre"), ("strasse", "Straße"),
    ("fine", "ﬁne"), ("abc 12", "ＡＢＣ １２"), ("2 3", "٢ ۳"), ("ガイド", "ｶﾞｲﾄﾞ"), ("아름", "아름"), ("น้ำ", "นํ้า"),
    ("चांद", "चाँद"), ("जमीन", "ज़मीन"), ("lodz", "Łódź"), ("odegard", "Ødegård"), ("duong", "đường"), ("aegir", "Ægir"),
    ("cooperate", "co\u00adoperate"), ("tieng viet", "Tiếng Việt"), ("①", "1"), ("ქართული", "ᲥᲐᲠᲗᲣᲚᲘ"),
]  # fmt: skip
OTHER = [("が", "か"), ("ส่วน", "สวน"), ("कि", "की"), ("slide 1", "slide 2"), ("한글", "한국"), ("ب", "ت")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_people_write_for_one_word_is_one(one: str, other: str) -> None:
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, one)) == fold(other)
    assert fold_letters(one) == fold_letters(other)
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_letters_stay_other_letters(one: str, other: str) -> None:
    assert fold(one) != fold(other)
    assert word_share(one, other) < 1


@given(st.text(max_size=60))
def test_places_are_those_of_the_words(text: str) -> None:
    words = list(folded_words(text))
    ends = [0, *(place for word in words for place in (word.start, word.stop)), len(text)]
    assert ends == sorted(ends)
    assert all(word.start < word.stop and word.text and " " not in word.text for word in words)
    for word in words:
        assert fold_letters(text[word.start : word.stop]) == word.text


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold_letters(once) == fold_letters(text)
    assert fold_name(fold_name(text)) == fold_name(text)


@given(st.text(max_size=40), st.sampled_from(["NFC", "NFD", "NFKC"]))
def test_composed_and_decomposed_texts_are_the_same(text: str, form: str) -> None:
    """Symbols made of letters, such as U+1F210 and U+24B6, are symbols, which no word holds."""
    assume(not any(WORD.search(unicodedata.normalize(form, sign)) and not WORD.search(sign) for sign in text))
    assert fold_letters(unicodedata.normalize(form, text)) == fold_letters(text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_text_is_found_by_its_own_words(before: str, text: str) -> None:
    whole = f"{before}\n{text}"
    assert set(query_terms(text)) <= set(index_terms(whole))
    assert holds_phrase(text, whole) is bool(split_words(text))


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_words_of_a_text_are_marked_in_it(text: str, after: str) -> None:
    spans = matching_spans(f"{text}\n{after}", text)
    assert bool(spans) is bool(list(folded_words(text)))


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("서울에서", ("서울",)), ("비가", ("비",)), ("학생들에게는", ("학생들에게", "학생들", "학생")),
        ("나무로", ("나무",)),
        ("서울로", ("서울",)), ("아이", ()), ("오이", ()), ("산가", ()), ("الولد", ("ولد",)), ("والمدرسه", ("مدرسه",)),
        ("الم", ()), ("hello", ()), ("", ()),
    ],
)  # fmt: skip
def test_particles_and_articles_are_taken_off(word: str, forms: tuple[str, ...]) -> None:
    assert attached_forms(word) == forms


LINES = {
    "Он ещё не пришёл.": "еще пришел ПРИШЁЛ", "Η Αθήνα είναι όμορφη.": "ΑΘΗΝΑ Αθηνα ομορφη",
    "كَتَبَ الوَلَدُ رِسَالَةً.": "كتب رسالة ولد", "שָׁלוֹם לְכֻלָּם.": "שלום",
    "Işıklar söndü, İhsan.": "ışıklar IŞIKLAR isiklar ihsan",
    "C'est l'œuvre.": "oeuvre œuvre", "서울에서 만나요.": "서울 서울은", "비가 오네요.": "비",
    "สวัสดีครับ วันนี้อากาศดี": "อากาศ สวัสดี",
    "東京都に行きます": "京都 行き 都", "ｶﾞｲﾄﾞ ＦＵＬＬ": "ガイド full", "हिन्दी में चाँद और ज़मीन": "चांद जमीन हिन्दी",
    "м'яч": "мʼяч",
    "Slide 1 of the talk": "1", "Slide 2 of the talk": "2", "Slide 12 of the talk": "12",
}  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = SmallLibrary(tmp_path_factory.mktemp("folding") / "library", text_only_models())
    for number, line in enumerate(LINES):
        library.add(f"{number}.mp4", [(0, 10, "")], [("subtitle", 1, 3, line), ("screen_text", 5, 6, line)])
    return library.close()


@pytest.fixture
def engine(path: Path) -> Iterator[SearchEngine]:
    with SearchEngine.open(path, settings=Settings(), load=text_only_models) as engine:
        yield engine


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_found_by_its_words_plain_and_in_quotes(engine: SearchEngine, line: str) -> None:
    number = str(list(LINES).index(line))
    for word in LINES[line].split():
        for signal in ("subtitle_words", "screen_text_words"):
            plain = engine.search(unicodedata.normalize("NFD", word), signals=[signal])  # type: ignore[list-item]
            assert [Path(one.video).stem for one in plain.moments][:1] == [number], (word, signal)
        if word != "서울은":  # in quotes a word stands as it is
            quoted = engine.search(f'"{word}"')
            assert Path(quoted.moments[0].video).stem == number, word
        (place, *_) = matching_spans(line, word)
        assert fold(line[slice(*place)])


def test_a_number_is_found_before_its_neighbours(engine: SearchEngine) -> None:
    for number in (1, 2, 12):
        first = engine.search(f"slide {number}", signals=["subtitle_words"]).moments[0]
        assert first.text == f"Slide {number} of the talk"


def test_names_are_compared_without_accents_and_composition() -> None:
    path = unicodedata.normalize("NFD", "/Filme/Été à Málaga/Ещё один.mp4")
    video = Video("0" * 32, (path,), 1, (1,), 1.0, None, {})
    assert video_fits_name(video, "еще*")
    assert video_fits_name(video, unicodedata.normalize("NFC", "Ещё один"))
    assert is_in_folder(video, "ete a malaga")
    assert not is_in_folder(video, "ete a mal")


def test_excerpts_mark_signs_of_scripts_without_spaces() -> None:
    text = "วันนี้อากาศดีมาก 東京都に行く"
    assert [text[a:b] for a, b in matching_spans(text, "อากาศ")] == ["อากาศ"]
    assert [text[a:b] for a, b in matching_spans(text, "京都へ行く")] == ["京都", "行く"]
    assert matching_spans("Işıklar söndü", "IŞIKLAR") == [(0, 7)]
    assert [text[a:b] for a, b in matching_spans(text, "東京")] == ["東京"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("كُتَّاَبْ بيوت نبات ثمار", "نبات", "نبات"), ("le premier jour de l’année", "annee", "année"),
        ("오래 살면서 감자튀김 먹기", "오래", "오래"), ("ﺍﺣﻤﺪ هنا", "احمد", "ﺍﺣﻤﺪ"), ("ΛΟΓΟΣ", "λόγος", "ΛΟΓΟΣ"),
        ("METİN", "metin", "METİN"), ("θεὸς", "θεοσ", "θεὸς"), ("😀 Ünlü", "ünlü", "Ünlü"), ("תִּקּוּן", "תקון", "תִּקּוּן"),
    ],
)  # fmt: skip
def test_marks_stand_where_others_had_them_wrong(text: str, query: str, marked: str) -> None:
    """As reported to omnisearch (498, 520), tutanota (9090), stella (916), CudaText (6028), iptvnator (609)."""
    for form in ("NFC", "NFD"):
        shown = unicodedata.normalize(form, text)
        assert [shown[a:b] for a, b in matching_spans(shown, query)] == [unicodedata.normalize(form, marked)]


def test_the_span_of_a_moment_is_that_of_its_line(engine: SearchEngine) -> None:
    assert engine.search("пришел", signals=["subtitle_words"]).moments[0].span == TimeSpan(1, 3)
