"""Printing of moments: a table for people, tab-separated lines for a pipe. JSON comes from `search.results`."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.output.thumbnails import half_blocks
from api.cli.terminal import label
from api.formatting import count_text, time_code
from api.highlight import excerpt, matching_spans
from api.safe_text import one_line, safe_text
from search.signals import ENTRY_OF

if TYPE_CHECKING:
    from search.query.plan import Plan
    from search.results import Moment, Part, SearchResult, SignalWeight

EXCERPT_CHARACTERS = 240
SURE = 0.9
"""Relevance from which it is not dimmed."""


def moment_line(rank: int, moment: "Moment") -> str:
    """One line for a pipe: rank, start, stop, score, signals, path and text, separated by tabs."""
    signals = ",".join(f"{name}={place}" for name, place in moment.signals.items())
    start, stop = time_code(moment.span.start_seconds), time_code(moment.span.stop_seconds)
    parts = (str(rank), start, stop, f"{moment.score:.4f}", signals, safe_text(moment.video), one_line(moment.text))
    return "\t".join(parts)


def print_result(
    console: Console, result: "SearchResult", *, offset: int, thumbnails: bool, example: str = "", hint: str = ""
) -> None:
    """Prints a page of moments as a table, and how to see the next one.

    Args:
        example: what was searched for, where it was not text alone.
        hint: what else may help where nothing is found.
    """
    asked = one_line(example or result.query)
    if result.plan is not None and not result.plan.is_plain:
        console.print(label(f"understood as: {one_line(describe_plan(result.plan))}", "dim"))
    if result.corrected:
        console.print(
            Text.assemble(
                "Showing results for ",
                (one_line(result.corrected), "bold"),
                "; --plain searches for the words as typed.",
            )
        )
    if not result.moments:
        console.print(Text.assemble("Nothing found for ", (asked, "bold"), "."))
        console.print(label("Try other words, or see what is indexed with `reelseek status`.", "dim"))
        if hint:
            console.print(label(hint))
        if result.closest:
            console.print(label("Closest moments:", "dim"))
            console.print()
            console.print(_table(result.closest, result.words, 0, thumbnails, above="weak"))
        return
    console.print(Text.assemble(f"{count_text(len(result.moments), 'moment')} for ", (asked, "bold")))
    console.print()
    console.print(_table(result.moments, result.words, offset, thumbnails))
    console.print()
    seconds = result.seconds.get("total", 0.0)
    folded = next((rank for rank, one in enumerate(result.moments, offset + 1) if one.alike or one.in_video), 0)
    shown = f"; show folded moments with --expand RANK, such as --expand {folded}" if folded else ""
    more = f"; more with --offset {offset + len(result.moments)}" if result.more else ""
    console.print(label(f"{seconds:.2f} s{more}{shown}", "dim"))


def _table(moments: "Sequence[Moment]", query: str, offset: int, thumbnails: bool, *, above: str = "good") -> Table:
    """A row a moment, and a heading where the grade changes; `above` is the grade before the first row."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("rank", justify="right", style="dim", no_wrap=True)
    if thumbnails:
        table.add_column("picture", no_wrap=True)
    table.add_column("moment", overflow="fold")
    grade = above
    for rank, moment in enumerate(moments, start=offset + 1):
        if rank > offset + 1:
            table.add_row()
        if moment.grade != grade:
            grade = moment.grade
            table.add_row(*[""] * (len(table.columns) - 1), label("weaker matches", "yellow"))
            table.add_row()
        cells: list[RenderableType] = [str(rank)]
        if thumbnails:
            cells.append((half_blocks(moment.thumbnail) if moment.thumbnail else None) or "")
        table.add_row(*cells, moment_words(moment, query))
    return table


def moment_words(moment: "Moment", query: str) -> RenderableType:
    """When and where, why it matched, and the matched text with the query's words highlighted."""
    span = f"{time_code(moment.span.start_seconds)} - {time_code(moment.span.stop_seconds)}"
    path = PurePath(moment.video)
    when = Text.assemble((span, "bold cyan"), "  ", (safe_text(path.name), "bold"))
    why = Text.assemble((f"relevance {moment.relevance:.2f}", "" if moment.relevance >= SURE else "dim"))
    for name, place in moment.signals.items():
        why.append("  ", style="dim")
        why.append(f"{ENTRY_OF[name].label} #{place}", style="green" if place == 1 else "")
    if moment.second_look is not None:
        why.append("  seen on a second look" if moment.second_look.shows else "  not seen on a second look")
    where = label(f"in {path.parent}, best at {time_code(moment.best_frame_seconds)}", "dim")
    lines: list[RenderableType] = [when, why]
    if moment.parts:
        lines += [
            Padding(_part_words(number, part, query), (0, 0, 0, 2)) for number, part in enumerate(moment.parts, 1)
        ]
    elif moment.text.strip():
        lines.append(Padding(marked_text(moment.text, query), (0, 0, 0, 2)))
    if folded := describe_folded(moment):
        lines.append(label(folded, "magenta"))
    return Group(*lines, where)


def _part_words(number: int, part: "Part", query: str) -> Text:
    """When one of several steps happens, and the text that matched."""
    span = f"{number}. {time_code(part.span.start_seconds)} - {time_code(part.span.stop_seconds)}"
    words = Text.assemble((span, "cyan"))
    return words.append("  ").append_text(marked_text(part.text, query)) if part.text.strip() else words


def describe_plan(plan: "Plan") -> str:
    """How a structured query was understood, on one line: `a beach, without people; only folder 2023`."""
    steps: list[str] = []
    for step in plan.steps:
        terms = [
            f"{term.field or 'words'} {term.text!r}" for term in step.terms if term.field or term.text != step.text
        ]
        without = [f"without {one.field + ' ' if one.field else ''}{one.text!r}" for one in step.excluded]
        gap = f"within {step.within_seconds:g} s: " if step.within_seconds is not None else ""
        steps.append(gap + ", ".join([*([step.text] if step.text else []), *terms, *without]))
    filters = [f"{'not ' if one.is_excluded else ''}{one.name} {one.value}" for one in plan.filters]
    return "; ".join([", then ".join(steps), *([f"only {', '.join(filters)}"] if filters else [])])


def describe_folded(moment: "Moment") -> str:
    """How many moments are folded into it: `12 more like this, 3 more in this video`; empty for none."""
    alike = f"{moment.alike:,} more like this" if moment.alike else ""
    in_video = f"{moment.in_video:,} more in this video" if moment.in_video else ""
    return ", ".join(part for part in (alike, in_video) if part)


def marked_text(text: str, query: str) -> Text:
    """An excerpt of a text on one line, with the words that match the query highlighted."""
    line = one_line(text)
    shown, spans = excerpt(line, matching_spans(line, query), EXCERPT_CHARACTERS)
    marked = Text(shown)
    for start, stop in spans:
        marked.stylize("bold black on yellow", start, stop)
    return marked


def signal_weight_lines(weights: "Sequence[SignalWeight]") -> list[Text]:
    """For each signal, its weight and why; signals that do not count are dim."""
    width = max((len(one.signal) for one in weights), default=0)
    return [
        Text(
            f"{one.signal:<{width}}  {f'{one.weight:.2f}' if one.weight else ' -  '}  {one.why}",
            style="" if one.weight else "dim",
        )
        for one in weights
    ]
