"""The import graph of the source: modules, packages, circles, and the names that packages use of each other.

`python -m tests.helpers.architecture` prints the names that are used now, in the form of `tests/public_names.txt`. A
difference from that file is a decision to make: either the name becomes public, or the import goes.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "search", "indexer", "demo", "web", "reelseek", "bench")
"""The top-level packages."""
PUBLIC_NAMES_FILE = ROOT / "tests" / "public_names.txt"
WHOLE_MODULE = "*"
"""Stands for the names of a module that is imported as a whole."""

Graph = Mapping[str, set[str]]
PublicNames = dict[str, dict[str, set[str]]]
"""Package -> module within it, without the package's name -> names that modules outside the package import."""


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One source file."""

    name: str
    """Dotted; of a package's `__init__.py`, the package's."""
    path: Path

    @property
    def tree(self) -> ast.Module:
        return _parse(self.path)

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        """The package that the module lies in; a package lies in itself."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name."""

    importer: str
    line: int
    module: str
    """Where it comes from; also modules that are not ours."""
    name: str
    """`WHOLE_MODULE` where the module itself is imported."""
    local: str
    """What the importer calls it."""


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules() -> dict[str, Module]:
    """Lists the modules of the rooms: dotted name -> module."""
    found: dict[str, Module] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = Module(name, path)
    return found


def packages() -> list[str]:
    return [module.name for module in modules().values() if module.is_package]


@cache
def imports_of(module: Module) -> tuple[Import, ...]:
    """Lists a module's imports, those inside functions too."""
    return tuple(_imports_of(module))


def _imports_of(module: Module) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module.name, node.lineno, alias.name, WHOLE_MODULE, alias.asname or alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            for alias in node.names:
                origin, local = node.module or "", alias.asname or alias.name
                if f"{origin}.{alias.name}" in modules():
                    yield Import(module.name, node.lineno, f"{origin}.{alias.name}", WHOLE_MODULE, local)
                else:
                    yield Import(module.name, node.lineno, origin, alias.name, local)


@cache
def own_imports() -> tuple[Import, ...]:
    """Lists the imports of our own modules by others."""
    return tuple(
        one
        for module in modules().values()
        for one in imports_of(module)
        if one.module in modules() and one.module != one.importer
    )


def is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def graph_of(group: Callable[[str], str | None]) -> dict[str, set[str]]:
    """Builds the import graph of groups of modules.

    Args:
        group: the group of a module, None for modules to leave out.
    """
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for one in own_imports():
        source, target = group(one.importer), group(one.module)
        if source and target and source != target:
            graph[source].add(target)
    return dict(graph)


def child_of(package: str) -> Callable[[str], str | None]:
    """Groups modules by the package's child (module or subpackage) that they lie in."""

    def group(module: str) -> str | None:
        inside = module.removeprefix(f"{package}.")
        return f"{package}.{inside.split('.')[0]}" if inside != module else None

    return group


def circles(graph: Graph) -> list[list[str]]:
    """Finds the groups of nodes that reach each other, each sorted."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = [start]
        while ahead:
            for node in graph.get(ahead.pop(), set()) - seen:
                seen.add(node)
                ahead.append(node)
        return seen

    reached = {node: reachable(node) for node in graph}
    groups = {tuple(sorted(other for other in reached[node] if node in reached.get(other, ()))) for node in graph}
    return [list(group) for group in sorted(groups) if group]


def used_names(package: str) -> dict[str, set[str]]:
    """Lists what modules outside a package import from it: module within the package -> names.

    Modules of the package's own subpackages count as its own. Of a room, only the modules that lie in it directly are
    listed: its subpackages are listed by themselves.
    """
    names: defaultdict[str, set[str]] = defaultdict(set)
    for one in own_imports():
        if not is_inside(one.module, package) or is_inside(one.importer, package):
            continue
        if package in ROOMS and modules()[one.module].package != package:
            continue
        names[one.module.removeprefix(package).removeprefix(".") or "__init__"].add(one.name)
    return dict(names)


@cache
def public_names() -> PublicNames:
    """Collects the used names of the rooms and of the packages one level below them."""
    found = {package: used_names(package) for package in packages() if package.count(".") <= 1}
    return {package: names for package, names in found.items() if names}


@cache
def read_public_names() -> PublicNames:
    """Reads `tests/public_names.txt`: a line with a package, then an indented line `module: names` for each module."""
    table: PublicNames = {}
    package = ""
    for line in PUBLIC_NAMES_FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            module, _, names = line.strip().partition(": ")
            table[package][module] = set(names.split())
        elif line and not line.startswith("#"):
            package = line.replace("/", ".")
            table[package] = {}
    return table


def format_public_names(table: PublicNames) -> Iterable[str]:
    """Writes the lines that `read_public_names` reads."""
    yield "# What code outside a package may import from it: package, then module and names."
    for package in sorted(table):
        yield ""
        yield package.replace(".", "/")
        for module in sorted(table[package]):
            yield f"    {module}: {' '.join(sorted(table[package][module]))}"


if __name__ == "__main__":
    print("\n".join(format_public_names(public_names())))
