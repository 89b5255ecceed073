"""Whole lives of videos: uploaded, indexed, read and changed in any order, removed, and gone on every route."""

import time
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bench.fuzz.answers import Answers

READS = (
    "",
    "/chapters",
    "/chapters.vtt",
    "/transcript",
    "/transcript.srt",
    "/transcript.vtt",
    "/transcript.txt",
    "/subtitles.vtt",
    "/sprites.vtt",
    "/sprites.jpg",
    "/thumbnail?t=1",
    "/clip?start=0.5&stop=1.5",
    "/media",
    "/timeline?query=a+red+car",
)
"""Of a video."""
JOB_SECONDS = 300.0
MOST_TURNS = 10
"""Times that a change is sent again when the service asks for it."""


class Lives:
    """Lives of copies of one file, of which each is another video."""

    def __init__(self, client: httpx.Client, answers: Answers, file: Path, *, number: int) -> None:
        """`client` speaks to the service; `number` is the seed."""
        self._client = client
        self._answers = answers
        self._content = file.read_bytes()
        self._random = Random(number)
        self._number = number

    def live(self, steps: int) -> None:
        """One life with this many reads and changes."""
        known = {video["video_id"] for video in self._videos()}
        job = self._upload()
        if job is None:
            return
        found = {video["video_id"] for video in self._videos()} - known
        if len(found) != 1:
            self._fault(f"the upload {job['id']} made {len(found)} videos: {job}")
            return
        (video_id,) = found
        tags: list[str] = []
        for _ in range(steps):
            match self._random.choice(["read", "read", "tag", "correct", "search", "export", "wait"]):
                case "read":
                    self._send("GET", f"/api/v1/videos/{video_id}{self._random.choice(READS)}")
                case "tag":
                    tags = self._tag(video_id)
                case "correct":
                    given = {"text": "mended", "was": self._random.choice(["", "another", "\u202e"])}
                    self._send(
                        "PATCH", f"/api/v1/videos/{video_id}/transcript/{self._random.randint(0, 40)}", json=given
                    )
                case "search":
                    self._send("GET", "/api/v1/search", params={"like": f"{video_id}@1.0", "per_video": 1})
                case "export":
                    kind = self._random.choice(["csv", "json", "webvtt", "edl", "fcpxml", "xmeml", "otio"])
                    moment = {"video_id": video_id, "start_seconds": 0.5, "stop_seconds": 1.5}
                    self._send("POST", "/api/v1/export", json={"format": kind, "moments": [moment]})
                case _:
                    self._send("GET", f"/api/v1/jobs/{job['id']}/events")
        self._leave(video_id, tags)

    def _upload(self) -> dict[str, Any] | None:
        """The job that has ended."""
        # Bytes after the end make it another video with the same frames.
        content = self._content + f"{self._number} {self._random.random()}".encode()
        headers = {"content-type": "video/mp4"}
        response = self._send_until_answered(
            "POST", "/api/v1/videos", params={"name": "life.mp4"}, content=content, headers=headers
        )
        if response is None or response.status_code != 202:
            self._fault(f"an upload was refused: {response}")
            return None
        end = time.monotonic() + JOB_SECONDS
        job = response.json()
        while job["state"] in {"queued", "running"} and time.monotonic() < end:
            time.sleep(0.1)
            job = self._client.get(f"/api/v1/jobs/{job['id']}").json()
        if job["state"] != "done":
            self._fault(f"the job of an upload is {job['state']}: {job}")
        return job

    def _send_until_answered(self, method: str, path: str, **given: Any) -> httpx.Response | None:
        """Comes again when asked to, as clients do: a machine that is busy otherwise is no fault."""
        for _ in range(MOST_TURNS):
            response = self._send(method, path, **given)
            if response is None or response.status_code != 503 or "retry-after" not in response.headers:
                return response
            time.sleep(float(response.headers["retry-after"]))
        return self._send(method, path, **given)

    def _tag(self, video_id: str) -> list[str]:
        wanted = self._random.sample(["night", "ночь", "a b", "x" * 30, "2023"], self._random.randint(0, 3))
        response = self._send_until_answered("PUT", f"/api/v1/videos/{video_id}/tags", json={"tags": wanted})
        if response is None or response.status_code != 200:
            self._fault(f"tags {wanted} were refused: {response and response.text}")
        return wanted

    def _leave(self, video_id: str, tags: list[str]) -> None:
        details = self._client.get(f"/api/v1/videos/{video_id}").json()
        if sorted(details.get("tags", ())) != sorted(tags):
            self._fault(f"tags {details.get('tags')} where {tags} were given")
        response = self._send("DELETE", f"/api/v1/videos/{video_id}")
        if response is None or response.status_code != 204:
            self._fault(f"a video was not removed: {response and response.text}")
        for path in READS:
            response = self._send("GET", f"/api/v1/videos/{video_id}{path}")
            if response is not None and response.status_code != 404:
                self._fault(f"a removed video answers {path} with {response.status_code}")

    def _videos(self) -> list[dict[str, Any]]:
        return self._client.get("/api/v1/videos", params={"limit": 500}).json()["videos"]

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response | None:
        request = f"{method} {path}"
        try:
            response = self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            self._answers.broken(request, error)
            return None
        self._answers.take(request, response.status_code, dict(response.headers), response.content)
        return response

    def _fault(self, text: str) -> None:
        self._answers.faults.append(text)
