"""Imports run only downwards: api -> search -> indexer; also those inside functions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "indexer": {"indexer"},
    "search": {"search", "indexer"},
    "demo": {"demo", "search", "indexer"},
    "web": {"web"},
    "api": {"api", "search", "indexer", "demo", "web"},
    "bench": {"bench", "api", "search", "indexer", "demo"},
}
"""What each room may import of ours."""
ONLY_IN = {
    "lancedb": {"indexer/store/"},
    "open_clip": {"indexer/models/image_embedder", "demo/", "bench/"},
    "llguidance": {"indexer/models/qwen/constrained_decoding"},
    "sentence_transformers": {"indexer/models/text_embedder", "indexer/models/reranker", "demo/", "bench/"},
    "decord": {"indexer/decode/worker/", "bench/"},
    "av": {"indexer/decode/worker/", "api/media/", "demo/", "bench/"},
}
"""Libraries that one file, or files of one beginning, keep to themselves."""


def modules() -> list[Path]:
    return [file for room in MAY_IMPORT for file in sorted((ROOT / room).rglob("*.py"))]


def imported(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("file", modules(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_run_only_downwards(file: Path) -> None:
    name = file.relative_to(ROOT).as_posix()
    room = name.split("/")[0]
    for line, module in imported(file):
        top = module.split(".")[0]
        assert top not in set(MAY_IMPORT) - MAY_IMPORT[room], f"{name}:{line}: {room} must not import {module}"
        homes = ONLY_IN.get(top)
        assert homes is None or any(name.startswith(home) for home in homes), (
            f"{name}:{line}: {top} is imported only in {', '.join(sorted(homes or ()))}"
        )


def test_records_import_nothing_but_numpy() -> None:
    allowed = {"dataclasses", "math", "datetime", "typing", "numpy", "collections.abc", "indexer.catalog"}
    assert {module.removesuffix(".typing") for _, module in imported(ROOT / "indexer" / "records.py")} <= allowed
