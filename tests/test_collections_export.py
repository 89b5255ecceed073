"""`reelseek collection` and its export: twenty moments of five real videos, frame-exact in every edit list."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import opentimelineio as otio
import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.store.library import Library
from tests.helpers.media import shared_file
from tests.helpers.media_service import make_media_library, probed

pytestmark = pytest.mark.thorough

RATES = {
    "opencast/black.mp4": Fraction(24),
    "carnd/solidWhiteRight.mp4": Fraction(25),
    "opencast/camera.mpg": Fraction(30_000, 1001),
    "decord/flipping_a_pancake.mkv": Fraction(30),
    "sam2/sam2_720px_dark.mp4": Fraction(60),
}
EACH = 4
Cut = tuple[str, int, int]
"""Name of the video, first and stop frame."""


def run(place: Path, *arguments: str, code: ExitCode = ExitCode.OK, stdin: str = "") -> Result:
    result = CliRunner().invoke(main, [*arguments, "--library", str(place)], input=stdin)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    videos = [probed(shared_file(f"videos/{name}")) for name in RATES]
    return make_media_library(tmp_path_factory.mktemp("collections") / "library", videos)


@pytest.fixture(scope="module")
def cuts(library: Path) -> list[Cut]:
    """A collection of moments that were added roughly, then trimmed to frames, and arranged by chance."""
    draw, made = Random(7), list[Cut]()
    run(library, "collection", "create", "the cut")
    wanted = [(name, n) for name in RATES for n in range(EACH)]
    for name, n in wanted:
        span = ["--start", str(n + 0.3), "--stop", str(n + 1.7)]
        run(library, "collection", "add", "The Cut", "--video", Path(name).name, *span)
    for number, (name, n) in enumerate(wanted, 1):
        rate = RATES[name]
        first = int(n * rate) + draw.randrange(10)
        stop = first + draw.randrange(1, 60)
        span = [str(round(float(frame / rate), 4)) for frame in (first, stop)]
        run(library, "collection", "trim", "the cut", str(number), "--start", span[0], "--stop", span[1])
        made.append((Path(name).name, first, stop))
    order = draw.sample(range(len(made)), len(made))
    run(library, "collection", "arrange", "the cut", *(str(place + 1) for place in order))
    return [made[place] for place in order]


def export(library: Path, out: str, *arguments: str) -> None:
    written = json.loads(run(library, "export", "--collection", "the cut", "--out", out, "--json", *arguments).stdout)
    assert (written["moments"], written["failed"]) == (len(RATES) * EACH, [])


def rate_of(name: str) -> Fraction:
    return next(rate for path, rate in RATES.items() if path.endswith(name))


def ranges(clips: Sequence[Any]) -> list[Cut]:
    return [
        (clip.name, int(time.start_time.value), int(time.start_time.value + time.duration.value))
        for clip in clips
        for time in [clip.source_range]
    ]


def test_an_edl_for_each_rate_is_exact(library: Path, cuts: list[Cut], tmp_path: Path) -> None:
    export(library, f"{tmp_path}/edl/", "--format", "edl")
    found: list[Cut] = []
    files = list((tmp_path / "edl").iterdir())
    assert len(files) == len(RATES)
    for file in files:
        name = next(line.split(": ")[1] for line in file.read_text().splitlines() if "FROM CLIP NAME" in line)
        line: Any = otio.adapters.read_from_file(str(file), "cmx_3600", rate=float(rate_of(name)))
        found += ranges(list(line.find_clips()))
    assert sorted(found) == sorted(cuts)


def test_an_otio_is_exact(library: Path, cuts: list[Cut], tmp_path: Path) -> None:
    export(library, f"{tmp_path}/cut.otio")
    line: Any = otio.adapters.read_from_file(str(tmp_path / "cut.otio"))
    assert ranges(list(line.find_clips())) == cuts


def test_an_fcpxml_is_exact(library: Path, cuts: list[Cut], tmp_path: Path) -> None:
    export(library, f"{tmp_path}/cut.fcpxml")
    root = ElementTree.parse(tmp_path / "cut.fcpxml").getroot()
    form = root.find("resources/format")
    assert form is not None
    frame = Fraction(form.get("frameDuration", "").removesuffix("s"))
    for clip, (name, first, stop) in zip(root.iter("asset-clip"), cuts, strict=True):
        rate = rate_of(name)
        start, length = (Fraction(clip.get(key, "").removesuffix("s")) for key in ("start", "duration"))
        assert (clip.get("name"), start * rate) == (name, first)
        assert abs(length - (stop - first) / rate) <= frame / 2  # whole frames of the timeline
    (read,) = otio.adapters.read_from_file(str(tmp_path / "cut.fcpxml"), "fcpx_xml")  # pyright: ignore
    # The adapter takes 29.97 for 29, so that it places clips beside their order.
    assert sorted(clip.name for clip in read.find_clips()) == sorted(name for name, _, _ in cuts)


def test_an_xmeml_is_exact(library: Path, cuts: list[Cut], tmp_path: Path) -> None:
    export(library, f"{tmp_path}/cut.xml")
    line: Any = otio.adapters.read_from_file(str(tmp_path / "cut.xml"), "fcp_xml")
    clips = list(line.video_tracks()[0].find_clips())
    assert [(name, first) for name, first, _ in ranges(clips)] == [(name, first) for name, first, _ in cuts]
    root = ElementTree.parse(tmp_path / "cut.xml").getroot()
    (track,) = root.findall(".//media/video/track")
    found = [(one.findtext("name"), int(one.findtext("in") or ""), int(one.findtext("out") or "")) for one in track]
    assert found == cuts
    whole = root.findtext("sequence/duration")
    assert [one.findtext("end") for one in track][-1] == whole


def test_what_the_commands_say(library: Path, cuts: list[Cut], tmp_path: Path) -> None:
    run(library, "collection", "create", "notes")
    search = {"moments": [{"video": cuts[0][0], "start_seconds": 1, "stop_seconds": 2, "text": "a stork"}]}
    run(library, "collection", "add", "notes", "--from", "-", stdin=json.dumps(search))
    run(library, "collection", "trim", "notes", "1", "--handles", "0.5")
    shown = run(library, "collection", "note", "notes", "1", "1.5", "fade here").stdout
    assert "notes: 1 moment" in shown and "handles of 0.5 s" in shown and "fade here" in shown and "a stork" in shown
    kept = json.loads(run(library, "collection", "show", "notes", "--json").stdout)
    assert kept["moments"][0]["notes"] == [{"time_seconds": 1.5, "text": "fade here"}]
    run(library, "export", "--collection", "notes", "--out", f"{tmp_path}/notes.csv")
    assert "1.50 s: fade here" in (tmp_path / "notes.csv").read_text()
    run(library, "collection", "rename", "notes", "later")
    listed = json.loads(run(library, "collection", "list", "--json").stdout)["collections"]
    assert [(one["name"], one["moments"]) for one in listed] == [("the cut", len(cuts)), ("later", 1)]
    for wrong, reason in [
        (("show", "nothing"), "no collection is called 'nothing'; there are 'the cut'"),
        (("trim", "later", "2", "--start", "1"), "no moment 2 in collection 'later'; it has 1"),
        (("trim", "later", "1", "--start", "9"), "the stop must be after the start"),
        (("trim", "later", "1", "--stop", "inf"), "1 to inf s is not within"),
        (("trim", "later", "1", "--start", "9e6", "--stop", "1e7"), "is not within"),
        (("create", "LATER"), "already"),
        (("add", "later", "--from", "-", "--start", "1"), "give either --video"),
        (("add", "later"), "give either --video"),
    ]:
        refused = run(library, "collection", *wrong, code=ExitCode.STOPPED)
        assert reason in refused.stderr
    run(library, "collection", "trim", "later", "1", "--stop", "99999")
    (kept,) = json.loads(run(library, "collection", "show", "later", "--json").stdout)["moments"]
    assert 2 < kept["stop_seconds"] < 99999, "a moment ends with its video"
    run(library, "collection", "remove", "later", "1")
    run(library, "collection", "remove", "later")
    assert len(json.loads(run(library, "collection", "list", "--json").stdout)["collections"]) == 1


def test_a_removed_video_is_named(tmp_path: Path) -> None:
    videos = [probed(shared_file(f"videos/{name}")) for name in ("opencast/black.mp4", "opencast/camera.mpg")]
    place = make_media_library(tmp_path / "library", videos)
    run(place, "collection", "create", "both")
    for name in ("black.mp4", "camera.mpg"):
        run(place, "collection", "add", "both", "--video", name, "--start", "1", "--stop", "2")
    with Library.open_to_change(place) as library:
        library.remove_videos([videos[0].video_id])
    out = ("export", "--collection", "both", "--out", f"{tmp_path}/both.otio")
    refused = run(place, *out, code=ExitCode.PARTLY_FAILED)
    assert "black.mp4 is no longer in the library; index it again" in refused.stderr
    assert len(run(place, "collection", "show", "both").stdout.splitlines()) == 3
