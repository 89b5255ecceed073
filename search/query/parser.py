"""Parser of the query language: a query -> its plan. One grammar for the command line, the service and the page. Pure.

    query    = step { (">>" | "then") step } ; the page and `docs/queries.md` show it by examples
    step     = { word | quote | term | excluded } [ "within" NUMBER UNIT ]
    quote    = '"' words '"'                   ; these words, side by side, said or written
    term     = FIELD ":" (word | quote)        ; looks, said, text, caption
             | FILTER ":" (word | quote)       ; video, name, folder, tag, date, duration, at
    excluded = "-" (word | quote | term)
             | ("without" | "not" | "but no") words, up to a comma, the next such word or mark, or the step's end

Marks and names work in every language; `then`, `not` and `without` are English, and count only as
`search.query.english_operators` says. All else is plain words, and a query of plain words is passed on as it stands.
"""

from collections.abc import Sequence

from indexer.errors import QuerySyntaxError
from search.query.durations import duration_or_none
from search.query.english_operators import (
    MARK,
    is_exclusion_operator,
    is_query_sentence,
    is_then_operator,
    without_punctuation,
)
from search.query.lexer import Token, tokenize
from search.query.plan import FIELDS, FILTERS, Excluded, FilterTerm, Plan, Step, Term
from search.text.words import split_words

MOST_STEPS = 8
MOST_WITHIN_SECONDS = 86_400.0
_EXAMPLE_ORDER = "a red car then a bus within 30s"


def parse_query(query: str, *, may_only_exclude: bool = False) -> Plan:
    """The plan of a tidied query; a query without any grammar is one plain step of its words.

    Args:
        may_only_exclude: a step need not say what to look for.

    Raises:
        QuerySyntaxError: the grammar is unfinished or contradicts itself; it knows the place and an example.
    """
    tokens = tokenize(query)
    parts = _steps(query, tokens)
    if len(parts) > MOST_STEPS:
        raise _fault(f"{len(parts)} steps are more than {MOST_STEPS}", query, parts[MOST_STEPS], _EXAMPLE_ORDER)
    filters = tuple(_filter(token) for token in tokens if token.field in FILTERS)
    read: list[tuple[Step, float | None]] = []
    for part in parts:
        read.append(_step(query, part, alone=len(parts) == 1))
        _check(query, part, read[-1][0], may_only_exclude=may_only_exclude)
    steps = tuple(step for step, _ in read)
    gaps = [gap for _, gap in read]
    return Plan(query, _with_gaps(query, steps, gaps, parts), filters)


def check_parsed_query(plan: Plan) -> None:
    """Raises QuerySyntaxError where a plan has filters alone, so that nothing says what to find."""
    first = plan.steps[0]
    if not first.text and not first.terms:
        raise QuerySyntaxError(
            "there are only filters; add what to look for",
            plan.query,
            0,
            len(plan.query),
            "a red car video:talk.mp4",
        )


def _within_follows(tokens: Sequence[Token], place: int) -> bool:
    return any(_gap(tokens, later) is not None for later in range(place + 1, len(tokens)))


def _steps(query: str, tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens of each step, without those that separate the steps."""
    words = [token.text if token.is_word else MARK for token in tokens]
    spoken = is_query_sentence([token.text for token in tokens if token.is_word])
    steps: list[list[Token]] = [[]]
    for place, token in enumerate(tokens):
        in_words = token.is_word and is_then_operator(words, place) and (not spoken or _within_follows(tokens, place))
        if token.is_order or in_words:
            if _is_empty(steps[-1]):
                raise _fault(f"type something before {token.text}", query, [token], _EXAMPLE_ORDER)
            while steps[-1] and steps[-1][-1].is_word and steps[-1][-1].text in ("and", "and,", ","):
                steps[-1].pop()
            steps.append([])
            last = token
        elif token.field not in FILTERS:
            steps[-1].append(token)
    if len(steps) > 1 and _is_empty(steps[-1]):
        raise _fault(f"type something after {last.text}", query, [last], _EXAMPLE_ORDER)  # pyright: ignore[reportPossiblyUnboundVariable]
    return steps


def _is_empty(step: Sequence[Token]) -> bool:
    """Whether a step holds nothing but commas and conjunctions."""
    return all(token.is_word and token.text.strip(",;") in ("", "and") for token in step)


def _step(query: str, tokens: Sequence[Token], *, alone: bool) -> tuple[Step, float | None]:
    """A step, and the gap of a `within` in it."""
    gap = None
    free: list[str] = []
    terms: list[Term] = []
    excluded: list[Excluded] = []
    words = [token.text if token.is_word else MARK for token in tokens]
    spoken = is_query_sentence([word for word in words if word != MARK])
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.excluded:
            excluded.append(
                Excluded(token.text, FIELDS.get(token.field), token.quoted, query[token.start : token.stop])
            )
        elif token.field:
            terms.append(Term(token.text, FIELDS[token.field], token.quoted))
        elif token.quoted:
            terms.append(Term(token.text, None, exact=True))
            free.append(token.text)
        elif not alone and (read := _gap(tokens, place)) is not None:
            gap, length = read
            place += length - 1
        elif not spoken and is_exclusion_operator(words, place):
            if free and free[-1].casefold() == "but":
                free.pop()
            found, place = _unwanted(query, tokens, place)
            excluded += found
        else:
            free.append(token.text)
        place += 1
    text = " ".join(free)
    if not alone or len(free) < len(tokens):
        text = text.strip(" ,;")
    step = Step(text, tuple(terms), tuple(excluded))
    return step, gap


def _gap(tokens: Sequence[Token], place: int) -> tuple[float, int] | None:
    """(seconds, tokens) of a `within 30 s` at a place; None where there is none."""
    if tokens[place].text != "within" or not tokens[place].is_word:
        return None
    for length in (3, 2):
        behind = tokens[place + 1 : place + length]
        if len(behind) < length - 1 or not all(token.is_word for token in behind):
            continue
        seconds = duration_or_none(without_punctuation("".join(token.text for token in behind)))
        if seconds is not None:
            return seconds, length
    return None


def _unwanted(query: str, tokens: Sequence[Token], place: int) -> tuple[list[Excluded], int]:
    """What `without` or `not` at a place excludes, and the last place that belongs to it."""
    first, last = place, place
    words: list[str] = []
    groups: list[list[str]] = []
    exact = False
    own = [token.text if token.is_word else MARK for token in tokens]
    while last + 1 < len(tokens):
        token = tokens[last + 1]
        if token.quoted and not token.field and not token.excluded and not words and not groups:
            words, exact, last = [token.text], True, last + 1
            break
        ends_here = words and (is_exclusion_operator(own, last + 1) or own[last + 1] in ("without", "but"))
        if not token.is_word or ends_here or _gap(tokens, last + 1) is not None:
            break
        last += 1
        if words and token.text in ("or", "nor"):
            groups.append(words)
            words = []
            continue
        if words or token.text != "any":
            words.append(token.text.rstrip(",;"))
        if token.text[-1] in ",;":
            break
    groups.append(words)
    if not any(any(sign.isalnum() for sign in " ".join(group)) for group in groups):
        raise _fault(
            f"type something after {tokens[first].text}", query, tokens[first : first + 1], "a beach without people"
        )
    written = query[tokens[first].start : tokens[last].stop].rstrip(",;")
    return [Excluded(" ".join(group), None, exact, written) for group in groups if group], last


def _check(query: str, tokens: Sequence[Token], step: Step, *, may_only_exclude: bool) -> None:
    """A step must want something, and must not exclude what it wants."""
    if not tokens:
        return
    unwanted = {tuple(split_words(one.text)) for one in step.excluded}
    for wanted in [step.text, *(term.text for term in step.terms)]:
        if wanted and tuple(split_words(wanted)) in unwanted and tuple(split_words(wanted)):
            raise _fault(f"{wanted} is both required and excluded", query, tokens, "beach -people")
    if may_only_exclude:
        return
    if step.excluded and not step.text and not step.terms:
        raise _fault("there are only exclusions; start with what to look for", query, tokens, "beach -people")
    if not any(sign.isalnum() for sign in step.text) and not step.terms and step.excluded:
        raise _fault("nothing is left to look for", query, tokens, "beach -people")
    if not step.text and not step.terms:  # a gap alone
        raise _fault("within needs a step before and after it", query, tokens, _EXAMPLE_ORDER)


def _with_gaps(
    query: str, steps: Sequence[Step], gaps: Sequence[float | None], parts: Sequence[Sequence[Token]]
) -> tuple[Step, ...]:
    """The steps with the gaps before them; a single `within` at the end is for all gaps."""
    given = [gap for gap in gaps if gap is not None]
    if not given:
        return tuple(steps)
    if gaps[0] is not None:
        raise _fault("within needs a step before and after it", query, parts[0], _EXAMPLE_ORDER)
    for gap in given:
        if not 0 < gap <= MOST_WITHIN_SECONDS:
            raise _fault(f"within must be above 0 and at most a day, not {gap:g} s", query, parts[-1], _EXAMPLE_ORDER)
    common = gaps[-1] if len(given) == 1 else None
    return (
        steps[0],
        *(
            Step(step.text, step.terms, step.excluded, gap if gap is not None else common)
            for step, gap in zip(steps[1:], gaps[1:], strict=True)
        ),
    )


def _filter(token: Token) -> FilterTerm:
    return FilterTerm(FILTERS[token.field], token.text, token.excluded, token.start)


def _fault(reason: str, query: str, tokens: Sequence[Token], example: str) -> QuerySyntaxError:
    start = tokens[0].start if tokens else 0
    return QuerySyntaxError(reason, query, start, tokens[-1].stop if tokens else len(query), example)
