"""The Python interface: docs/python.md as it stands, what is exported, and the retrievers of two frameworks."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import reelseek
from tests.helpers.service import demo_library, demo_settings  # noqa: F401

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "python.md"
BLOCKS = re.findall(r"^```python ?(\w*)\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
EXAMPLE = "a red circle"
"""The query of the document."""


def blocks(kind: str) -> list[str]:
    found = [code for name, code in BLOCKS if name == kind]
    assert found
    return found


@pytest.fixture(scope="module")
def seen(world: Path) -> str:
    """What the videos of the test show, in place of the document's example."""
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    return next(row["query"] for row in rows if row["kind"] == "picture")


@pytest.mark.slow
def test_the_document_runs_as_it_stands(
    world: Path, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").symlink_to(world)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for code in blocks(""):
        exec(code.replace(EXAMPLE, seen), names)
    printed = capsys.readouterr().out
    assert printed.startswith("3 videos indexed, 0 failed\n")
    assert names["result"].found and names["more"].moments and names["answer"].answer
    assert len(names["everything"]["moments"]) >= len(names["result"].moments)
    assert "no-such-video.mp4" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "package", "result"),
    [("langchain", "langchain_core", "documents"), ("llama_index", "llama_index.core", "nodes")],
)
def test_retrievers_find_the_moment(demo_library: Path, seen: str, kind: str, package: str, result: str) -> None:
    pytest.importorskip(package, reason=f"{package} is not installed; the extra `retrievers` brings it")
    (code,) = blocks(kind)
    settings = demo_settings(demo_library)
    with reelseek.open(demo_library, models="demo", device=settings.device, screen_text=False) as library:
        best = library.search(seen, plain=True).moments[0]
        names: dict[str, Any] = {"reelseek": reelseek, "library": library}
        exec(code.replace(EXAMPLE, seen), names)
    found = names[result]
    metadata = found[0].metadata if kind == "langchain" else found[0].node.metadata
    assert (metadata["video_id"], metadata["start_seconds"]) == (best.video_id, round(best.span.start_seconds, 3))


def test_exported_names_exist_and_are_all() -> None:
    assert reelseek.__all__ == sorted(reelseek.__all__)
    assert all(hasattr(reelseek, name) for name in reelseek.__all__)
    assert (Path(reelseek.__file__).parent / "py.typed").exists()


def test_importing_it_loads_no_model_library_or_database() -> None:
    script = "import reelseek, sys, json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert not {"torch", "transformers", "lancedb", "open_clip", "litestar", "cv2"} & set(json.loads(made.stdout))


def test_what_is_wrong_is_a_reelseek_error(tmp_path: Path) -> None:
    with pytest.raises(reelseek.ReelseekError, match="unknown setting 'colour'"):
        reelseek.open(tmp_path, colour="red")
    with reelseek.open(tmp_path / "none") as library:
        with pytest.raises(reelseek.ReelseekError, match="no library at"):
            library.search("a")
        with pytest.raises(reelseek.ReelseekError, match="does not exist"):
            library.index(tmp_path / "nowhere")
