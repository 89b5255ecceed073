"""Fine-tuning, the whole way: an answer is mended, exported with its clips, learned by a LoRA, and given by `ask`."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from demo.vlm.tune_lora import TuningSettings, tune_lora
from indexer.errors import ExportError
from search.tuning.examples import TuningExample, read_tuning
from tests.helpers.vlm_checkpoints import write_vlm_checkpoint

pytestmark = pytest.mark.thorough

VLM = Path("demo/checkpoints/vlm")


def reelseek(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def library(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuning") / "library"
    result = reelseek("index", str(world), "--library", str(folder), "--models", "demo", "--no-captions")
    assert result.exit_code == ExitCode.OK, result.output
    return folder


def ask(library: Path, question: str, *more: str) -> dict[str, Any]:
    result = reelseek("ask", question, "--library", str(library), "--models", "demo", "--json", *more)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def question(world: Path) -> str:
    lines = [json.loads(line) for line in (world / "questions.jsonl").read_text().splitlines()]
    return next(line["question"] for line in lines if line["question"].startswith("What is the "))


@pytest.fixture(scope="module")
def tuned(library: Path, question: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of the export, and the answer that was exported."""
    folder = tmp_path_factory.mktemp("tuned")
    answer = ask(library, question)
    assert answer["found"]
    mended = answer | {"answer": "growing" if answer["answer"] != "growing" else "bouncing"}
    (folder / "right.jsonl").write_text(json.dumps(mended) + "\n", encoding="utf-8")
    options = ["--format", "ms-swift", "--from", str(folder / "right.jsonl"), "--out", str(folder / "data")]
    result = reelseek("export", *options, "--handles", "1", "--library", str(library), "--models", "demo")
    assert result.exit_code == ExitCode.OK, result.output
    return folder / "data", mended


def test_what_was_exported_is_read_back_the_same(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, answer = tuned
    (example,) = read_tuning(folder)
    assert example.to_line() == (folder / "train.jsonl").read_text(encoding="utf-8").rstrip("\n")
    assert example.message.count("<video>") == len(example.videos) == len(answer["moments"])
    assert f"Question: {answer['question']}" in example.message
    assert all((folder / video).stat().st_size > 1000 for video in example.videos)
    reply = json.loads(example.reply)
    assert (reply["answer"], reply["found"]) == (answer["answer"], True)
    for told, moment in zip(reply["moments"], answer["moments"], strict=True):
        length = moment["stop_seconds"] - moment["start_seconds"]
        assert told["stop"] - told["start"] == pytest.approx(length, abs=0.21)
        assert told["start"] <= 1.1, "a second is shown before it, where there is one"


def test_a_trained_adapter_answers_as_it_was_taught_and_a_foreign_one_is_refused(
    library: Path, question: str, tuned: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    data, answer = tuned
    losses = tune_lora(VLM, data, tmp_path / "adapter", TuningSettings(steps=40))
    assert losses[-1] < losses[0]
    assert ask(library, question, "--adapter", str(tmp_path / "adapter"))["answer"] == answer["answer"]
    assert ask(library, question)["answer"] != answer["answer"]
    base = write_vlm_checkpoint(tmp_path / "other")
    tune_lora(base, data, tmp_path / "foreign", TuningSettings(steps=1))
    refused = ask(library, question, "--adapter", str(tmp_path / "foreign"))
    assert refused["error"]["type"] == "ModelBrokenError"
    assert "does not fit" in refused["error"]["message"]


def test_captions_and_answers_without_a_place_are_exported(library: Path, world: Path, tmp_path: Path) -> None:
    name = sorted(world.glob("*.mp4"))[0].name
    moment = {"video": name, "start_seconds": 2.0, "stop_seconds": 5.0}
    lines = [
        {"caption": "a <video> of a red circle", **moment},
        {"question": "When is there a <video>?", "answer": "Not shown.", "found": False, "moments": [moment]},
        {"question": "Half?", "answer": "\ud800 a\u2028b", "moments": [moment | {"why": "one\u2028two \ud800"}]},
        {"question": "And gone?", "answer": "Yes.", "moments": [moment | {"video": "gone.mp4"}, moment]},
    ]
    written = "".join(json.dumps(line) + "\n" for line in lines).replace("\\u2028", "\u2028")
    (tmp_path / "right.jsonl").write_text(written, encoding="utf-8")
    options = ["--format", "ms-swift", "--from", str(tmp_path / "right.jsonl"), "--out", str(tmp_path / "data")]
    result = reelseek("export", *options, "--library", str(library), "--models", "demo", "--json")
    assert result.exit_code == ExitCode.PARTLY_FAILED
    assert "gone.mp4" in json.loads(result.stdout)["failed"][0]["reason"]
    caption, absent, odd = read_tuning(tmp_path / "data")
    assert caption.reply == "a <video> of a red circle"
    assert json.loads(absent.reply) == {"answer": "Not shown.", "found": False, "moments": []}
    assert json.loads(odd.reply)["answer"] == "? a b"
    assert json.loads(odd.reply)["moments"][0]["why"] == "one\u2028two ?"
    assert absent.message.count("<video>") == 1, "words of a question are no place for a clip"


@pytest.mark.parametrize(
    "line", ["", "[]", "{", '{"question": "a?"}', '{"question": "a?", "answer": 3, "moments": []}', '{"moments": 3}']
)
def test_lines_that_say_nothing_are_refused(library: Path, line: str, tmp_path: Path) -> None:
    (tmp_path / "right.jsonl").write_text(f"{line}\n", encoding="utf-8")
    options = ["--format", "ms-swift", "--from", str(tmp_path / "right.jsonl"), "--out", str(tmp_path / "data")]
    result = reelseek("export", *options, "--library", str(library), "--models", "demo")
    assert result.exit_code == ExitCode.STOPPED
    assert "right.jsonl" in result.stderr
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def test_a_collection_is_no_file_of_lines(library: Path, tmp_path: Path) -> None:
    options = ["--format", "ms-swift", "--from", "-", "--collection", "titles", "--out", str(tmp_path / "data")]
    result = reelseek("export", *options, "--library", str(library), "--models", "demo")
    assert result.exit_code == ExitCode.STOPPED and "--from FILE" in result.stderr


@pytest.mark.parametrize("line", ["{", "[]", '{"messages": []}', '{"messages": [{"role": "user"}, {}]}'])
def test_a_line_of_another_format_is_no_example(line: str) -> None:
    with pytest.raises(ExportError, match=r"line 3"):
        TuningExample.from_line(line, where="train.jsonl, line 3")
