"""A stand-in for the service that answers as its contract says, for states that are hard to bring about.

It is only for the page's own tests: models absent, a server that goes away, slow answers, hostile names.
"""

import base64
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from api.service.views.signal_groups import MODULE, signal_groups_module
from indexer.errors import QuerySyntaxError
from search.query.parser import parse_query
from tests.helpers.fakes_library import HOSTILE, OPENAPI, FakeLibrary, job_record, picture_bytes
from web import PAGE_FOLDER

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)


class FakeService:
    """Serves the page and a fake library on a free port of the loopback."""

    def __init__(self, library: FakeLibrary, port: int = 0) -> None:
        self.library = library

        class Handler(_Handler):
            fake = library

        self._server = _Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Stops answering; safe to repeat."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    # A page asks for many pictures at once.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    fake: FakeLibrary
    # One answer a connection: a closed service then answers nothing more.
    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.fake.requests.append((method, self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.fake.bodies.append(body)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._route(method, parts.path, given, body)

    def _route(self, method: str, path: str, given: dict[str, str], body: bytes) -> None:
        fake = self.fake
        if not path.startswith("/api/v1/"):
            return self._file({"/": "index.html", "/api-docs": "api.html"}.get(path, path.removeprefix("/static/")))
        if path == "/api/v1/session":
            right = json.loads(body).get("key") == fake.key
            return (
                self._json({}, 204, cookie=True) if right else self._problem(401, "unauthorized", "This key is wrong.")
            )
        if fake.key and "reelseek_key=" not in (self.headers.get("Cookie") or ""):
            return self._problem(401, "unauthorized", "API key required.")
        for begin, problem in fake.problems.items():
            if f"{method} {path}".startswith(begin):
                return self._problem(*problem)
        if path == "/api/v1/search":
            asked = json.loads(body) if method == "POST" else given
            asked = {name: value for name, value in asked.items() if value is not None}
            try:
                understood = parse_query(asked.get("query") or "").to_json()
            except QuerySyntaxError as error:
                names = ("start", "stop", "query", "reason", "example")
                fault = {name: getattr(error, name) for name in names}
                problem = {"type": "urn:reelseek:problem:query", "status": 400, "detail": str(error)}
                return self._json(problem | {"query_fault": fault}, 400)
            return self._json(self._found(asked) | {"understood": understood})
        if path == "/api/v1/ask":
            return self._events(self._ask())
        if path == "/api/v1/images":
            image = json.loads(body)["image"]
            image_id = hashlib.sha256(base64.b64decode(image)).hexdigest()
            fake.images[image_id] = image
            return self._json({"image_id": image_id}, 201)
        if path.startswith("/api/v1/images/"):
            kept = fake.images.get(path.split("/")[-1])
            return self._json({"image": kept}) if kept else self._problem(404, "not-found", "It is not kept.")
        if path == "/api/v1/export":
            fake.exports.append(json.loads(body))
            name = {"Content-Disposition": "attachment; filename=\"cut.edl\"; filename*=UTF-8''a%20cut.edl"}
            if fake.not_exported:
                name["X-Not-Exported"] = json.dumps(fake.not_exported)
            return self._bytes(b"TITLE: a cut\n", "text/plain", 200, name)
        if path == "/api/v1/videos" and method == "POST":
            return self._upload(given["name"], body)
        if path == "/api/v1/videos":
            return self._json(self._page(given))
        if path == "/api/v1/tags":
            tags = sorted({tag for one in fake.videos for tag in one["tags"]})
            return self._json([{"tag": tag, "videos": 1} for tag in tags])
        if path == "/api/v1/facets":
            tags = sorted({tag for one in fake.videos for tag in one["tags"]})
            values = {"tag": tags, "folder": ["lectures"], "speaker": ["Anna"], "date": ["2023"], "language": ["de"]}
            return self._json({name: [{"value": one, "videos": 1} for one in own] for name, own in values.items()})
        if path == "/api/v1/libraries":
            return self._json({"libraries": fake.libraries})
        if path == "/api/v1/suggestions":
            completed = [{"query": "a red square", "kind": "word"}] if given["query"] == "a re" else []
            return self._json({"suggestions": completed})
        if path == "/api/v1/collections":
            return self._json({"collections": []})
        if path == "/api/v1/jobs":
            return self._json({"total": len(fake.jobs), "jobs": fake.jobs})
        if path.startswith("/api/v1/jobs/"):
            return self._events(self._job(path.split("/")[4]))
        if path == "/api/v1/health":
            return self._json(
                {
                    "status": "ok",
                    "loading": fake.loading,
                    "library": {"exists": True, "duration_seconds": 5400},
                    "models": {},
                }
                | fake.health
            )
        if path == "/api/v1/openapi.json":
            return self._json(OPENAPI)
        return self._video(method, path.split("/")[4], "/".join(path.split("/")[5:]), given, body)

    def _found(self, given: dict[str, Any]) -> dict[str, Any]:
        moments = [one for one in self.fake.moments if given.get("video") in (None, one["video_id"])]
        offset, limit = int(given.get("offset", 0)), int(given.get("limit", 10))
        query = given.get("query") or ""
        is_found = "nothing" not in query
        if "expand" in given:
            moments = [one | {"alike": 0, "in_video": 0} for one in moments[1:3]]
        shown = moments[offset : offset + limit] if is_found else []
        answer = {"query": query, "found": is_found, "more": is_found and offset + limit < len(moments)}
        return answer | {"seconds": {"total": 0.04}, "moments": shown, "closest": [] if is_found else moments[:2]}

    def _page(self, given: dict[str, str]) -> dict[str, Any]:
        wanted = given.get("name", "").casefold()
        found = [one for one in self.fake.videos if wanted in one["video"].casefold()]
        found = [one for one in found if given.get("tag") is None or given["tag"] in one["tags"]]
        found = [one for one in found if given.get("state") in (None, one["state"])]
        if given.get("sort") == "name":
            found.sort(key=lambda one: one["video"])
        offset, limit = int(given.get("offset", 0)), int(given.get("limit", 50))
        return {"total": len(found), "offset": offset, "limit": limit, "videos": found[offset : offset + limit]}

    def _ask(self) -> Iterator[tuple[str, Any]]:
        clips = [
            {name: one[name] for name in ("video_id", "video", "start_seconds", "stop_seconds", "thumbnail")}
            for one in self.fake.moments[:4]
        ]
        if self.fake.understood:
            yield "understood", self.fake.understood
        yield "evidence", {"clips": clips}
        for words in self.fake.draft:
            self._wait()
            yield "draft", {"text": words}
        for words in self.fake.words:
            self._wait()
            yield "token", {"text": words}
        self._wait()
        yield "answer", self.fake.answer

    def _wait(self) -> None:
        if self.fake.steps:
            self.fake.steps.acquire(timeout=30)

    def _job(self, job_id: str) -> Iterator[tuple[str, Any]]:
        job = next(one for one in self.fake.jobs if one["id"] == job_id)
        told = None
        while told not in ("done", "failed", "cancelled"):
            yield "job", dict(job)
            told = job["state"]
            time.sleep(0.05)

    def _upload(self, name: str, body: bytes) -> None:
        self.fake.uploads.append((name, len(body)))
        job = job_record(len(self.fake.jobs) + 1, name)
        self.fake.jobs.append(job)
        self._json(job, 202)

    def _video(self, method: str, video_id: str, rest: str, given: dict[str, str], body: bytes) -> None:
        video = next((one for one in self.fake.videos if one["video_id"] == video_id), None)
        if video is None:
            return self._problem(404, "not-found", "There is no such video.")
        if method == "DELETE":
            self.fake.videos.remove(video)
            return self._json({}, 204)
        if method == "PUT" and rest == "tags":
            video["tags"] = json.loads(body)["tags"]
            return self._json({"tags": video["tags"]})
        if rest == "":
            segments = [
                {"start_seconds": place, "stop_seconds": place + 2, "caption": one["caption"]}
                for place, one in zip(range(0, 60, 2), self.fake.moments, strict=False)
            ]
            counts = {source: len(lines) for source, lines in self.fake.texts.items()}
            about = {"segments_list": segments, "texts": counts, "metadata": self.fake.metadata}
            return self._json(video | about)
        if rest == "texts":
            sources = [{"source": given["source"], "lines": self.fake.text_lines(given["source"])}]
            return self._json({"video": video["video"], "video_id": video_id, "sources": sources})
        if rest == "transcript":
            lines = self.fake.text_lines("subtitle")
            return self._json({"source": "subtitle", "language": "en", "lines": lines})
        if rest == "chapters":
            return self._json({"video_id": video_id, "chapters": self.fake.chapters})
        if rest == "boxes":
            return self._json({"query": given["query"], "found": bool(self.fake.boxes), "boxes": self.fake.boxes})
        if rest == "timeline":
            buckets = [max(0.0, 1 - abs(place - 60) / 25) for place in range(200)]
            return self._json({"query": given["query"], "duration_seconds": 0, "buckets": buckets, "peak_seconds": 0})
        if rest == "thumbnail":
            return self._bytes(picture_bytes(int(video_id, 16), float(given["t"])), "image/jpeg")
        if rest == "sprites.vtt":
            cues = [f"00:{n:02}.000 --> 00:{n + 1:02}.000\nsprites.jpg#xywh={n * 80},0,80,60\n" for n in range(8)]
            return self._bytes("\n".join(["WEBVTT\n", *cues]).encode(), "text/vtt")
        if rest == "sprites.jpg":
            return self._bytes(picture_bytes(1, 1, size=(640, 60)), "image/jpeg")
        if rest == "subtitles.vtt":
            return self._bytes(f"WEBVTT\n\n00:00.000 --> 00:30.000\n{HOSTILE}\n".encode(), "text/vtt")
        return self._media()

    def _media(self) -> None:
        data = self.fake.media.read_bytes()
        asked = (self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")
        start, stop = int(asked[0]), int(asked[1] or len(data) - 1) + 1
        ranges = {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}", "Accept-Ranges": "bytes"}
        self._bytes(data[start:stop], "video/mp4", 206, ranges)

    def _file(self, name: str) -> None:
        if name == MODULE:
            return self._bytes(signal_groups_module(), TYPES[".js"])
        path = PAGE_FOLDER / name
        if not path.is_file():
            return self._problem(404, "not-found", "There is no such page.")
        return self._bytes(path.read_bytes(), TYPES[path.suffix])

    def _json(self, value: Any, status: int = 200, *, cookie: bool = False) -> None:
        more = {"Set-Cookie": "reelseek_key=1; HttpOnly; SameSite=Strict; Path=/"} if cookie else {}
        self._bytes(b"" if status == 204 else json.dumps(value).encode(), "application/json", status, more)

    def _problem(self, status: int, kind: str, detail: str) -> None:
        problem = {"type": f"urn:reelseek:problem:{kind}", "title": kind, "status": status, "detail": detail}
        self._bytes(json.dumps(problem | {"instance": "0123abcd"}).encode(), "application/problem+json", status)

    def _events(self, events: Iterator[tuple[str, Any]]) -> None:
        self._head("text/event-stream", 200, {})
        for name, data in events:
            time.sleep(self.fake.pause_seconds)
            self.wfile.write(f"event: {name}\r\ndata: {json.dumps(data)}\r\n\r\n".encode())
            self.wfile.flush()

    def _bytes(self, data: bytes, kind: str, status: int = 200, more: dict[str, str] | None = None) -> None:
        self._head(kind, status, {"Content-Length": str(len(data))} | (more or {}))
        self.wfile.write(data)

    def _head(self, kind: str, status: int, more: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Cache-Control": "no-store", "Content-Security-Policy": POLICY}
        for name, value in (headers | more).items():
            self.send_header(name, value)
        self.end_headers()
