"""The writer's lock: one writer at a time, its holder is named, and a killed writer leaves none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.errors import LibraryLockedError
from indexer.store.library import Library
from indexer.store.lock import WriterLock
from tests.helpers.store_samples import MAKER

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
HOLD = (
    "import sys, time; sys.path.insert(0, '.')\n"
    "from tests.helpers.store_samples import MAKER\n"
    "from indexer.store.library import Library; from pathlib import Path\n"
    "library = Library.open_writer(Path(sys.argv[1]), maker=MAKER); print('held', flush=True); time.sleep(60)\n"
)


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path):
    with (
        Library.open_writer(tmp_path / "l", maker=MAKER),
        pytest.raises(LibraryLockedError, match=rf"process {os.getpid()} on .+ since \d{{4}}-.*stop it"),
    ):
        Library.open_writer(tmp_path / "l", maker=MAKER)
    with Library.open_writer(tmp_path / "l", maker=MAKER):
        pass


def test_readers_need_no_lock(tmp_path: Path):
    with Library.open_writer(tmp_path / "l", maker=MAKER), Library.open(tmp_path / "l") as reader:
        assert reader.videos() == []


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_writer_leaves_no_lock(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "l")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "held\n"
        with pytest.raises(LibraryLockedError, match=f"process {writer.pid} "):
            Library.open_writer(tmp_path / "l", maker=MAKER)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    Library.open_writer(tmp_path / "l", maker=MAKER).close()


def test_a_broken_holder_file_hides_only_the_holder(tmp_path: Path):
    held = WriterLock(tmp_path)
    held.acquire()
    (tmp_path / "writer.json").write_text("{")
    with pytest.raises(LibraryLockedError, match="by another process"):
        WriterLock(tmp_path).acquire()
    held.release()
    held.release()
