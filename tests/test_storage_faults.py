"""What an object store's faults are told as: typed, with a reason and a way out, and without keys."""

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError, SettingsError
from indexer.library_place import ObjectPlace, library_place, machine_folder
from indexer.pipeline.failure_log import FailureLog
from indexer.store.database_errors import convert_errors
from indexer.store.library import Library
from tests.helpers.store_samples import MAKER

pytest.importorskip("obstore", reason="`pip install reelseek[cloud]`")

KEY, SECRET = "AKIAEXAMPLEKEY", "example/secret/of/the/test"
PLACE = ObjectPlace("s3://bucket/films")


class FaultyServer(http.server.BaseHTTPRequestHandler):
    """Answers everything in the same way."""

    status, code = 500, "InternalError"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"<?xml version='1.0'?><Error><Code>{self.code}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>"
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FaultyServer]]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), FaultyServer) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{served.server_port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("indexer.store.storage.connection._RETRIES", 0)
        yield FaultyServer
        served.shutdown()


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, "InvalidAccessKeyId", r"lets nobody in while .*403 Forbidden InvalidAccessKeyId.*set valid keys"),
        (400, "ExpiredToken", "lets nobody in while .*set valid keys"),
        (404, "NoSuchBucket", "there is no bucket 'bucket'; make it, or correct"),
        (503, "SlowDown", "does not answer while .*check the network .*run the same again"),
        (507, "InsufficientStorage", "is full while .*make room, then run the same again"),
        (418, "Teapot", "is damaged, or was changed by other software"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_what_a_store_answers_is_told_without_keys(server: type[FaultyServer], status: int, code: str, told: str):
    server.status, server.code = status, code
    for opening in (Library.open, lambda place: Library.open_writer(place, maker=MAKER)):
        with pytest.raises(LibraryError, match=rf"s3://bucket/films.*{told}") as raised:
            opening(PLACE)
        shown = f"{raised.value} {raised.value.__cause__}"
        assert KEY not in shown and SECRET not in shown
        assert raised.value.__suppress_context__


def test_a_store_that_is_not_there_is_told(server: type[FaultyServer], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(LibraryError, match=r"does not answer while reading library.json .*check the network"):
        Library.open(PLACE)


def test_a_missing_library_is_told_as_such(server: type[FaultyServer]):
    server.status, server.code = 404, "NoSuchKey"
    with pytest.raises(
        LibraryMissingError, match=r"no library at s3://bucket/films; create one with .*--library s3://"
    ):
        Library.open(PLACE)


def test_what_failed_in_the_tables_is_told_without_keys(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with (
        pytest.raises(LibraryBrokenError, match="reading frames failed") as raised,
        convert_errors(PLACE, "reading frames"),
    ):
        raise RuntimeError(f"panicked at signing with {SECRET}")
    assert SECRET not in str(raised.value)


def test_the_log_of_failures_holds_no_keys():
    from obstore.store import MemoryStore

    from indexer.store.storage.object_storage import ObjectStorage

    storage = ObjectStorage(PLACE, MemoryStore())
    log = FailureLog(storage)
    for number in range(3):
        try:
            with convert_errors(PLACE, "reading frames"):
                raise RuntimeError(f"403 <Error><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error> {number}")
        except LibraryError as error:
            log.write(f"stage {number}", error)
    kept = storage.read("failures.log").decode()
    assert kept.count("lets nobody in") == 3 and "stage 2" in kept and KEY not in kept


@pytest.mark.parametrize(
    "name",
    [
        "http://server/films",
        "s3://",
        "s3:///films",
        "s3://key:secret@bucket/films",
        "s3://bucket/a?token=b",
        "s3://b/../c",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(name: str):
    with pytest.raises(SettingsError, match="no place of a library; give a folder, or s3://BUCKET/FOLDER") as raised:
        library_place(name)
    assert "secret" not in str(raised.value) and "token" not in str(raised.value)


def test_places_are_told_apart():
    assert library_place("s3://bucket//films/") == PLACE
    assert str(library_place("gs://bucket")) == "gs://bucket"
    assert (library_place("az://box/a b").scheme, library_place("az://box/a b").bucket) == ("az", "box")
    folder = library_place("films")
    assert machine_folder(folder) == folder and folder.is_absolute()
    first, second = machine_folder(PLACE), machine_folder(ObjectPlace("s3://bucket/films2"))
    assert first != second and first.parent == second.parent
