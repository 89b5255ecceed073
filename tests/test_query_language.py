"""The query language: what each form means, what stays plain words, and every fault with its place and an example."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import QueryError, QuerySyntaxError
from search.query.durations import duration_or_none
from search.query.filter_parser import parse_filters
from search.query.parser import parse_query
from search.query.plan import Excluded, FilterTerm, Plan, Step, Term
from search.query.validation import check_query


def only(query: str) -> Step:
    (step,) = parse_query(query).steps
    return step


def unwanted(query: str) -> list[str]:
    return [one.text for one in only(query).excluded]


@pytest.mark.parametrize(
    "query",
    [
        "a red car",
        "a red-haired man - on a horse",
        "-5 degrees outside",
        '12" disc',
        "to be or not to be",
        "a black heart not moving",
        "not yet",
        "without a trace",
        "not at night",
        "Doctors Without Borders",
        "we can't go on without you",
        "if it rains then we stay",
        "what happens then",
        "back then",
        "now and then",
        "and then there were none",
        "since then nothing has changed",
        "the king is not at home",
        "DO NOT ENTER",
        "he said: hello",
        "http://example.org:8080/a",
        "within 30s",
        "a walk within 5 minutes",
        "no smoking",
        "x -> y",
        "--help",
        "12:30",
        "a red car, a bus,",
        "赤い車",
        "سيارة حمراء",
        "красная машина, не ночью",
        "?",
    ],
)
def test_ordinary_words_stay_as_they_are(query: str) -> None:
    assert parse_query(query) == Plan.plain(query)
    assert parse_query(query).is_plain


@pytest.mark.parametrize(
    ("query", "text", "excluded"),
    [
        ("beach -people", "beach", ["people"]),
        ("-people beach", "beach", ["people"]),
        ('corridor -"exit sign" at dawn', "corridor at dawn", ["exit sign"]),
        ("beach not at night", "beach", ["at night"]),
        ("a beach without people", "a beach", ["people"]),
        ("a beach without people, at sunset", "a beach at sunset", ["people"]),
        ("a beach without people or dogs", "a beach", ["people", "dogs"]),
        ("a dog but not a poodle", "a dog", ["a poodle"]),
        ("a dog, no cat", "a dog", ["cat"]),
        ("a man is walking without a dog", "a man is walking", ["a dog"]),
        (
            "there is a ring without a star not on a blue background",
            "there is a ring",
            ["a star", "on a blue background"],
        ),
        ('a corridor without "EXIT"', "a corridor", ["EXIT"]),
        ("海 -人", "海", ["人"]),
        ("سيارة -ناس", "سيارة", ["ناس"]),
        ("пляж −люди", "пляж", ["люди"]),
    ],
)
def test_exclusion(query: str, text: str, excluded: list[str]) -> None:
    assert only(query).text == text
    assert unwanted(query) == excluded


def test_what_is_excluded_knows_its_field_and_how_it_was_said() -> None:
    assert only("kitchen -said:um").excluded == (Excluded("um", "said", False, "-said:um"),)
    assert only("bread without salt").excluded == (Excluded("salt", None, False, "without salt"),)


@pytest.mark.parametrize(
    ("query", "steps", "gaps"),
    [
        ("a red car then a bus", ["a red car", "a bus"], [None]),
        ("a red car, then a bus", ["a red car", "a bus"], [None]),
        ("a red car and then a bus", ["a red car", "a bus"], [None]),
        ("a red car then a bus within 30s", ["a red car", "a bus"], [30.0]),
        ("a red car then a bus within 1.5 minutes", ["a red car", "a bus"], [90.0]),
        ("car >> bus >> tram within 1:30", ["car", "bus", "tram"], [90.0, 90.0]),
        ("car >> bus within 10s >> tram", ["car", "bus", "tram"], [10.0, None]),
        ("he laughs then he leaves within 30s", ["he laughs", "he leaves"], [30.0]),
        ("车 >> 人", ["车", "人"], [None]),
        ("машина >> автобус within 2m", ["машина", "автобус"], [120.0]),
    ],
)
def test_order(query: str, steps: list[str], gaps: list[float | None]) -> None:
    plan = parse_query(query)
    assert [step.text for step in plan.steps] == steps
    assert [step.within_seconds for step in plan.steps[1:]] == gaps


def test_an_exclusion_belongs_to_its_step() -> None:
    first, second = parse_query("a ring -star then a moon without a heart").steps
    assert ([one.text for one in first.excluded], first.text) == (["star"], "a ring")
    assert ([one.text for one in second.excluded], second.text) == (["a heart"], "a moon")


def test_quotes_and_fields() -> None:
    assert only('a sign that says "EXIT"') == Step("a sign that says EXIT", (Term("EXIT", None, True),))
    assert only('text:"exit" said:"thank you" looks:sunset').terms == (
        Term("exit", "text", True),
        Term("thank you", "said", True),
        Term("sunset", "looks", False),
    )
    for quoted in ("“exit”", "„exit“", "«exit»", "「exit」"):
        assert only(quoted).terms == (Term("exit", None, True),)


def test_filters() -> None:
    plan = parse_query('video:a.mp4 folder:"my films" -tag:draft cat')
    assert plan.steps == (Step("cat"),)
    assert plan.filters == (
        FilterTerm("video", "a.mp4", False, 0),
        FilterTerm("folder", "my films", False, 12),
        FilterTerm("tag", "draft", True, 30),
    )


@pytest.mark.parametrize(
    ("query", "start", "reason"),
    [
        ('a sign "exit', 7, "not closed"),
        ('a ""', 2, "no words between"),
        ("beach -", 6, "after the minus"),
        ("kitchen text:", 8, "something after text:"),
        ('kitchen txet:"exit"', 8, "text: is like it"),
        ("a red car then", 10, "something after then"),
        (">> a bus", 0, "something before >>"),
        ("a bus >>", 6, "something after >>"),
        ("a >> >> b", 5, "something before >>"),
        ("-people", 0, "only exclusions"),
        ("beach -beach", 0, "both required and excluded"),
        ("a beach without", 8, "something after without"),
        ("car >> bus within 0s", 7, "above 0"),
        ("car within 5s >> bus", 0, "needs a step before"),
        ("car >> within 5s", 7, "needs a step before"),
        ("without then within 30s", 13, "needs a step before"),
        ("cat date:yesterday", 4, "not a date"),
        ("cat duration:long", 4, "not a duration"),
        ("cat at:5m..2m", 4, "an empty range"),
        ("cat at:5m", 4, "one point"),
        (" ".join(["x >>"] * 9 + ["x"]), 40, "more than 8"),
    ],
)
def test_faults_name_the_place_and_an_example(query: str, start: int, reason: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_filters(parse_query(query))
    assert caught.value.start == start < caught.value.stop <= len(query)
    assert reason in str(caught.value)
    assert caught.value.example in str(caught.value)


def test_every_example_is_right() -> None:
    for query in (
        'a sign that says "exit"',
        "beach -people",
        "a red car then a bus within 30s",
        "a beach without people",
    ):
        assert not parse_query(query).is_plain


PIECES = (
    """then not without no but within and , - -- >> 30s 0s " “ ” « » : -" text: said:" looks:x -text:x video:a -tag:b"""
    """ at:1..2 date:2023 duration:<5m -at: a beach people -people "exit sign" 海 -人 مرحبا -ناس не"""
    """ e\u0301 😀 ' 12" is I"""
).split()


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12))
def test_whatever_is_typed_is_a_plan_or_a_clear_error(pieces: list[str]) -> None:
    try:
        query = check_query(" ".join(pieces))
    except QueryError:
        return
    fault = None
    try:
        plan = parse_query(query)
        parse_filters(plan)
    except QuerySyntaxError as error:
        fault = error
    if fault is not None:
        assert 0 <= fault.start < fault.stop <= len(query)
        assert fault.example
        return
    assert 1 <= len(plan.steps) <= 8
    assert plan.steps[0].within_seconds is None
    for step in plan.steps:
        assert step.text or step.terms or len(plan.steps) == 1
        assert step.text or step.terms or not step.excluded
    assert parse_query(query) == plan


@settings(deadline=None)
@given(st.text(alphabet="abc xyz éß人مה", min_size=1, max_size=40))
def test_plain_letters_are_plain(query: str) -> None:
    tidy = " ".join(query.split())
    if tidy:
        assert parse_query(tidy).is_plain


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("1.5m", 90),
        ("2 hours", 7200),
        ("1:30", 90),
        ("1:02:03", 3723),
        ("90:00", 5400),
        ("1:75", None),
        ("1:60:00", None),
        ("x", None),
        ("5 km", None),
    ],
)
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    assert duration_or_none(text) == seconds


@pytest.mark.parametrize("query", ["text: then ,", "text: then , then b", "a >> , >> b"])
def test_a_step_of_commas_alone_is_a_fault(query: str) -> None:
    with pytest.raises(QuerySyntaxError, match=r"type something (before|after)"):
        parse_query(query)
