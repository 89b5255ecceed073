"""Rules of the structure: imports run downwards without circles, packages have public names, files are described."""

import ast

import pytest

from tests.helpers.architecture import (
    ROOT,
    WHOLE_MODULE,
    Module,
    child_of,
    circles,
    graph_of,
    imports_of,
    modules,
    own_imports,
    packages,
    public_names,
    read_public_names,
)

MAY_IMPORT = {
    "indexer": {"indexer"},
    "search": {"search", "indexer"},
    "demo": {"demo", "search", "indexer"},
    "web": {"web"},
    "reelseek": {"reelseek", "search", "indexer"},
    "api": {"api", "search", "indexer", "demo", "web"},
    "bench": {"bench", "api", "search", "indexer", "demo"},
}
"""What each room may import of ours."""
ONLY_IN = {
    "lancedb": {"indexer/store/"},
    "open_clip": {"indexer/models/image_embedder", "demo/", "bench/"},
    "llguidance": {"indexer/models/local/constrained_decoding"},
    "sentence_transformers": {"indexer/models/text_embedder", "indexer/models/reranker", "demo/", "bench/"},
    "decord": {"indexer/decode/worker/", "bench/"},
    "av": {"indexer/decode/worker/", "api/media/", "demo/", "bench/"},
}
"""Libraries that one file, or files of one beginning, keep to themselves."""
MOST_MODULES = 20
"""In one folder, beside its `__init__.py`."""


@pytest.mark.parametrize("module", modules().values(), ids=str)
def test_imports_run_only_downwards(module: Module) -> None:
    room = module.name.split(".")[0]
    for one in imports_of(module):
        top, place = one.module.split(".")[0], f"{module}:{one.line}"
        assert top not in set(MAY_IMPORT) - MAY_IMPORT[room], f"{place}: {room} must not import {one.module}"
        homes = ONLY_IN.get(top)
        assert homes is None or any(str(module).startswith(home) for home in homes), (
            f"{place}: {top} is imported only in {', '.join(sorted(homes or ()))}"
        )


def test_every_home_of_a_library_exists() -> None:
    files = [str(module) for module in modules().values()]
    homes = {home for homes in ONLY_IN.values() for home in homes}
    assert [home for home in homes if not any(file.startswith(home) for file in files)] == []


def test_records_import_nothing_but_numpy() -> None:
    standard = {"collections.abc", "dataclasses", "datetime", "math", "typing"}
    allowed = standard | {"numpy", "numpy.typing", "indexer.catalog"}
    assert {one.module for one in imports_of(modules()["indexer.records"])} <= allowed


def test_no_module_imports_itself_through_others() -> None:
    assert circles(graph_of(lambda module: module)) == []


@pytest.mark.parametrize("package", packages())
def test_children_of_a_package_import_each_other_in_one_direction(package: str) -> None:
    assert circles(graph_of(child_of(package))) == []


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set[str](), "f": {"g"}, "g": {"f"}}
    assert circles(graph) == [["a", "b", "c"], ["f", "g"]]


def test_no_module_uses_a_private_name_of_another() -> None:
    faults = [f"{one.importer}:{one.line}: {one.name}" for one in own_imports() if one.name.startswith("_")]
    for module in modules().values():
        ours = {one.local for one in imports_of(module) if one.name == WHOLE_MODULE and one.module in modules()}
        faults += [
            f"{module}:{node.lineno}: {node.value.id}.{node.attr}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ours
            and node.attr.startswith("_")
        ]
    assert faults == []


@pytest.mark.parametrize("package", sorted({*packages(), *read_public_names()}))
def test_only_public_names_of_a_package_are_imported_from_outside(package: str) -> None:
    """Fails for a name that `tests/public_names.txt` does not list, and for a listed one that nobody outside uses."""
    listed = {(module, name) for module, names in read_public_names().get(package, {}).items() for name in names}
    used = {(module, name) for module, names in public_names().get(package, {}).items() for name in names}
    assert {"not public": used - listed, "not used": listed - used} == {"not public": set(), "not used": set()}


def test_no_folder_holds_too_many_modules() -> None:
    folders = {ROOT / package.replace(".", "/") for package in packages()}
    counts = {folder: sum(file.name != "__init__.py" for file in folder.glob("*.py")) for folder in folders}
    assert {folder.relative_to(ROOT).as_posix(): n for folder, n in counts.items() if n > MOST_MODULES} == {}


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {module.path.parent for module in modules().values()}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_every_module_and_package_says_what_it_is() -> None:
    undescribed = [
        str(module)
        for module in modules().values()
        if not module.docstring or module.docstring.split("\n")[0] == module.name.replace(".", "/")
    ]
    assert undescribed == []


def test_every_test_file_says_what_it_is() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert [file.name for file in files if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))] == []


def _base_names(node: ast.ClassDef) -> set[str]:
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return {base.attr if isinstance(base, ast.Attribute) else base.id for base in bases}  # type: ignore[union-attr]


def test_the_store_is_composed_of_parts_that_do_not_inherit_one_another() -> None:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "indexer" / "store").rglob("*.py")]
    classes = {
        node.name: _base_names(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    parts = {name for name, bases in classes.items() if "Protocol" not in bases}
    assert {name: bases & parts for name, bases in classes.items() if bases & parts} == {}
