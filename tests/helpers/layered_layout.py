"""Layout of a small acyclic graph in layers: every edge points downwards, crossings are few. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.helpers.architecture import Graph

SWEEPS = 24
"""How often the layers are reordered and moved towards their neighbours."""


@dataclass
class Layout:
    """Nodes and edges at their places; x in pixels, layers counted from the top."""

    layer: dict[str, int]
    x: dict[str, float]
    """Of each node's middle."""
    routes: dict[tuple[str, str], list[tuple[float, int]]]
    """Edge -> (x, layer) of the points that it passes, both ends included."""


def without_shortcuts(graph: Graph) -> dict[str, set[str]]:
    """Drops each edge whose target is reached through another one (the transitive reduction)."""

    def reached(node: str) -> set[str]:
        return {node}.union(*(reached(other) for other in graph.get(node, ())))

    return {
        node: {one for one in targets if not any(one in reached(other) for other in targets - {one})}
        for node, targets in graph.items()
    }


def lay_out(nodes: Iterable[str], graph: Graph, widths: Mapping[str, float], *, width: float, gap: float) -> Layout:
    """Places nodes.

    Args:
        graph: node -> nodes below it, without circles.
        widths: of each node in pixels.
        width: pixels from the left to the right edge.
        gap: least space between two nodes of a layer.
    """
    depth = _depths(list(nodes), graph)
    top = max(depth.values(), default=0)
    layer = {node: top - depth[node] for node in depth}
    size = dict(widths)
    down: defaultdict[str, list[str]] = defaultdict(list)
    chains: dict[tuple[str, str], list[str]] = {}
    for node in sorted(graph):
        for other in sorted(graph[node]):
            bends = [f"{node}>{other}>{number}" for number in range(layer[node] + 1, layer[other])]
            for number, bend in enumerate(bends, layer[node] + 1):
                layer[bend], size[bend] = number, 6.0
            chains[node, other] = [node, *bends, other]
            for upper, lower in pairwise(chains[node, other]):
                down[upper].append(lower)
    x = _place(layer, down, size, width=width, gap=gap)
    routes = {edge: [(x[node], layer[node]) for node in chain] for edge, chain in chains.items()}
    return Layout({node: layer[node] for node in depth}, {node: x[node] for node in depth}, routes)


def _depths(nodes: list[str], graph: Graph) -> dict[str, int]:
    known: dict[str, int] = {}

    def depth(node: str) -> int:
        if node not in known:
            known[node] = 1 + max((depth(other) for other in graph.get(node, ())), default=-1)
        return known[node]

    return {node: depth(node) for node in nodes}


def _place(
    layer: Mapping[str, int], down: Mapping[str, list[str]], size: Mapping[str, float], *, width: float, gap: float
) -> dict[str, float]:
    near: defaultdict[str, list[str]] = defaultdict(list)
    for upper, lowers in down.items():
        for lower in lowers:
            near[upper].append(lower)
            near[lower].append(upper)
    rows: defaultdict[int, list[str]] = defaultdict(list)
    for node in sorted(layer):
        rows[layer[node]].append(node)
    x: dict[str, float] = {}
    for row in rows.values():
        _spread(row, dict.fromkeys(row, width / 2), x, size, width=width, gap=gap)
    for sweep in range(SWEEPS):
        for number in sorted(rows, reverse=sweep % 2 == 1):
            wanted = {
                node: sum(x[other] for other in near[node]) / len(near[node]) if near[node] else x[node]
                for node in rows[number]
            }
            rows[number].sort(key=lambda node: (wanted[node], node))
            _spread(rows[number], wanted, x, size, width=width, gap=gap)
    return x


def _spread(
    row: list[str],
    wanted: Mapping[str, float],
    x: dict[str, float],
    size: Mapping[str, float],
    *,
    width: float,
    gap: float,
) -> None:
    """Places a row's nodes near where they want to be, in order and without overlap, then moves them into the width."""
    pushed_right, pushed_left = dict(wanted), dict(wanted)
    for left, right in pairwise(row):
        apart = (size[left] + size[right]) / 2 + gap
        pushed_right[right] = max(wanted[right], pushed_right[left] + apart)
    for right, left in pairwise(reversed(row)):
        apart = (size[left] + size[right]) / 2 + gap
        pushed_left[left] = min(wanted[left], pushed_left[right] - apart)
    edge = 0.0
    for node in row:
        x[node] = max((pushed_right[node] + pushed_left[node]) / 2, edge + size[node] / 2)
        edge = x[node] + size[node] / 2 + gap
    edge = width
    for node in reversed(row):
        x[node] = min(x[node], edge - size[node] / 2)
        edge = x[node] - size[node] / 2 - gap
