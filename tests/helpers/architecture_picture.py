"""The picture and the table of packages in `docs/architecture.md`, made from the source's imports.

`python -m tests.helpers.architecture_picture` writes both anew; `tests/test_architecture_docs.py` compares them.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from textwrap import wrap

from tests.helpers.architecture import ROOMS, ROOT, Module, child_of, graph_of, modules, packages
from tests.helpers.layered_layout import Layout, lay_out, without_shortcuts

DOCUMENT = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "architecture.svg"
PLACES = {
    "api": (0, 0, 970),
    "demo": (986, 0, 216),
    "bench": (1218, 0, 458),
    "web": (1218, 1, 221),
    "reelseek": (1455, 1, 221),
    "search": (0, 2, 640),
    "indexer": (656, 2, 1020),
}
"""Room -> its left edge and its width in pixels, and between them its row."""
TABLE_MARKS = ("<!-- packages -->", "<!-- end of packages -->")
MOST_MODULES = 12
"""A room with more modules of its own shows them as one box."""
WAYS = {"Indexing": "#2563eb", "Search": "#15803d", "Ask": "#c2410c"}
"""Headings of the document's lists of steps, with the colours of their numbers in the picture."""
GROUNDS = {"api": "#eef2ff", "search": "#ecfdf5", "indexer": "#fff7ed"}
OTHER_GROUND = "#f3f4f6"
INK, LINE, BORDER = "#1f2937", "#94a3b8", "#64748b"
MARGIN, INSET, ROW, BOX, HEADER, SPACE = 12, 10, 52, 28, 68, 16
"""Pixels: around the picture, in a room, from layer to layer, a box's height, above the first layer, between rooms."""
WIDTH = 1628 + 2 * MARGIN
LETTER, SMALL_LETTER, PADDING, GAP, MOST_PITCH = 7.3, 6.2, 20, 14, 76
"""Pixels: of a letter, of a small one, beside a label, between boxes, from layer to layer where there is room."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way through the packages, as the document lists it."""

    way: str
    number: int
    names: tuple[str, ...]
    """Dotted names of our own code in it; the first says where the step happens."""


def steps_of(document: str) -> list[Step]:
    """Reads the numbered steps under the headings of `WAYS`."""
    found: list[Step] = []
    for way in WAYS:
        _, _, rest = document.partition(f"### {way}\n")
        section = re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]
        for number, item in enumerate(re.findall(r"^\d+\. (.*(?:\n   .*)*)", section, flags=re.MULTILINE), 1):
            found.append(Step(way, number, tuple(own_names(item))))
    return found


def own_names(text: str) -> list[str]:
    """Lists the dotted names in backticks that begin with a room."""
    return re.findall(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+)+)`", text)


def package_table() -> str:
    """Writes the Markdown table of packages: what each is, by its docstring, and what it imports."""
    edges = graph_of(lambda name: modules()[name].package)
    lines = ["| package | what it is | imports |", "|---|---|---|"]
    for package in packages():
        imported = _shortened(package, edges.get(package, set()))
        lines.append(f"| `{_path(package)}` | {_summary(modules()[package])} | {', '.join(imported)} |")
    return "\n".join(lines)


def _shortened(package: str, imported: set[str]) -> list[str]:
    """Names of packages as paths; those of the same room without it."""
    room = package.split(".")[0]
    own = sorted(one for one in imported if one.split(".")[0] == room)
    others = sorted(imported - {*own})
    return [f"`{_path(one).removeprefix(f'{room}/') or room}`" for one in own] + [f"`{_path(one)}`" for one in others]


def _path(package: str) -> str:
    return package.replace(".", "/")


def _summary(module: Module) -> str:
    return module.docstring.split("\n")[0].removesuffix(".").replace("|", "\\|")


def draw(document: str) -> str:
    """Draws the rooms as an SVG, with the steps of the document's three ways on the boxes they pass."""
    badges: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for step in steps_of(document):
        room = step.names[0].split(".")[0]
        badges[child_of(room)(step.names[0]) or room].append((step.way, step.number))
    plans = {room: _plan(room, width - 2 * INSET) for room, (_, _, width) in PLACES.items()}
    heights = {room: _height(plan) for room, plan in plans.items()}
    tops = _tops(heights)
    parts: list[str] = []
    for room, (left, _, width) in PLACES.items():
        parts += _room(room, plans[room], badges, left=MARGIN + left, top=tops[room], size=(width, heights[room]))
    bottom = max(tops[room] + heights[room] for room in PLACES) + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom:.0f}" width="{WIDTH}"'
        f' height="{bottom:.0f}" fill="{INK}"'
        ' font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">'
    )
    ground = f'<rect width="{WIDTH}" height="{bottom:.0f}" rx="12" fill="#ffffff"/>'
    return "\n".join([head, ground, *_legend(), *parts, "</svg>"]) + "\n"


def _height(plan: Layout) -> float:
    return HEADER + ROW * max(plan.layer.values(), default=0) + BOX + INSET


def _tops(heights: dict[str, float]) -> dict[str, float]:
    """Stacks the rooms: the last row under all; stretches those that end a row to its height."""
    first = MARGIN + 40.0
    second = first + heights["bench"] + SPACE
    small = max(heights["web"], heights["reelseek"])
    last = max(first + heights["api"], first + heights["demo"], second + small) + SPACE
    heights["api"] = heights["demo"] = last - SPACE - first
    heights["web"] = heights["reelseek"] = last - SPACE - second
    heights["search"] = heights["indexer"] = max(heights["search"], heights["indexer"])
    return {room: (first, second, last)[row] for room, (_, row, _) in PLACES.items()}


def boxes_of(room: str) -> dict[str, str]:
    """Names the boxes of a room: child -> label; packages end in "/", modules in ".py"."""
    children = sorted({child for name in modules() if (child := child_of(room)(name)) is not None})
    own = [child for child in children if not modules()[child].is_package]
    labels = {child: f"{child.split('.')[-1]}/" for child in children if child not in own}
    if len(own) > MOST_MODULES:
        return labels | {f"{room}.*": f"{len(own)} commands"}
    return labels | {child: f"{child.split('.')[-1]}.py" for child in own}


def box_graph(room: str) -> dict[str, set[str]]:
    """Builds the import graph of a room's boxes."""
    labels = boxes_of(room)

    def group(module: str) -> str | None:
        child = child_of(room)(module)
        return child if child is None or child in labels else f"{room}.*"

    return graph_of(group)


def width_of(label: str) -> float:
    """Estimates a box's width in pixels."""
    return LETTER * len(label) + PADDING


def _plan(room: str, width: float) -> Layout:
    labels = boxes_of(room)
    widths = {box: width_of(label) for box, label in labels.items()}
    return lay_out(labels, without_shortcuts(box_graph(room)), widths, width=width, gap=GAP)


def _room(
    room: str,
    plan: Layout,
    badges: dict[str, list[tuple[str, int]]],
    *,
    left: float,
    top: float,
    size: tuple[float, float],
) -> list[str]:
    width, height = size
    labels = boxes_of(room)
    ground = GROUNDS.get(room, OTHER_GROUND)
    imported = sorted(graph_of(lambda name: name.split(".")[0]).get(room, set()))
    parts = [
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" rx="10" fill="{ground}"/>',
        f'<text x="{left + 14:.0f}" y="{top + 25:.0f}" font-size="17" font-weight="700">{room}/</text>',
    ]
    for line, words in enumerate(wrap(f"imports {', '.join(imported) or 'nothing'}", int((width - 20) / SMALL_LETTER))):
        parts.append(_small(words, left + 14, top + 41 + 14 * line))
    pitch = min((height - HEADER - BOX - INSET) / max(1, *plan.layer.values(), 1), MOST_PITCH)

    def y(layer: int) -> float:
        return top + HEADER + layer * pitch

    for points in plan.routes.values():
        path = f"M{left + INSET + points[0][0]:.1f} {y(points[0][1]) + BOX:.1f}"
        for (x, _), (to_x, to_layer) in pairwise(points):
            start, stop = y(to_layer - 1) + BOX, y(to_layer)
            middle = (start + stop) / 2
            path += (
                f" L{left + INSET + x:.1f} {start:.1f}"
                f" C{left + INSET + x:.1f} {middle:.1f} {left + INSET + to_x:.1f} {middle:.1f}"
                f" {left + INSET + to_x:.1f} {stop:.1f}"
            )
        parts.append(f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.4"/>')
    for box, label in labels.items():
        parts += _box(label, left + INSET + plan.x[box], y(plan.layer[box]), badges.get(box, []))
    if not labels:
        parts.append(_small("page/: HTML, CSS", left + 14, top + HEADER + 10))
        parts.append(_small("and ES modules", left + 14, top + HEADER + 25))
    return parts


def _small(text: str, x: float, y: float) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="12" fill="{BORDER}">{escape(text)}</text>'


def _box(label: str, x: float, y: float, badges: list[tuple[str, int]]) -> list[str]:
    width = width_of(label)
    is_package = label.endswith("/")
    parts = [
        f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX}" rx="6" fill="#ffffff"'
        f' stroke="{INK if is_package else LINE}" stroke-width="{1.6 if is_package else 1}"/>',
        f'<text x="{x:.1f}" y="{y + 18.5:.1f}" font-size="13" text-anchor="middle"'
        f' font-weight="{600 if is_package else 400}">{escape(label)}</text>',
    ]
    start = x - (len(badges) - 1) * 8.5
    for place, (way, number) in enumerate(badges):
        parts += _badge(way, str(number), start + 17 * place, y - 3)
    return parts


def _badge(way: str, text: str, x: float, y: float) -> list[str]:
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{WAYS[way]}" stroke="#ffffff" stroke-width="1.2"/>',
        f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="11" font-weight="700" text-anchor="middle"'
        f' fill="#ffffff">{text}</text>',
    ]


def _legend() -> list[str]:
    parts: list[str] = []
    x, y = MARGIN + 12.0, MARGIN + 14.0
    for way in WAYS:
        parts += _badge(way, "n", x, y)
        parts.append(f'<text x="{x + 14:.0f}" y="{y + 5:.0f}" font-size="13">step n of {way.lower()}</text>')
        x += 40 + 7 * len(f"step n of {way}")
    parts.append(_small("name/ is a package, name.py a module, a line an import", x, y + 5))
    return parts


def with_table(document: str) -> str:
    """Puts the current table between its marks."""
    before, _, rest = document.partition(TABLE_MARKS[0])
    _, _, after = rest.partition(TABLE_MARKS[1])
    return f"{before}{TABLE_MARKS[0]}\n{package_table()}\n{TABLE_MARKS[1]}{after}"


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_table(text), encoding="utf-8")
    PICTURE.write_text(draw(text), encoding="utf-8")
