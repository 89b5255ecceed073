"""Requests generated from the service's own description, right and wrong ones, their mutants, and others."""

import http.client
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import quote, urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from bench.fuzz.answers import Answers
from bench.fuzz.mutants import Mutants, send_raw

LEFT_OUT = ("forget_video", "job_events")
"""Would empty the library, or last as long as the client stays; the lives of videos use them."""
COSTLY = ("ask", "add_video")
"""A model's reply, or a process, for each."""
WILD_SHARE = 10
"""Of this many requests one is not made from the description."""
_SECONDS = 120
_PIECES = ("api", "videos", "search", "jobs", "static", "..", ".", "", "%2e%2e", "%00", "%ff", "media", "0" * 32, "ask")
_HEADERS = {
    "Range": ("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-0,2-3", "bytes=" + "9" * 30 + "-", "lines=1-2"),
    "If-Range": ('"a"', "Tue, 01 Jan 2030 00:00:00 GMT", "*"),
    "If-None-Match": ("*", '"a"', "W/"),
    "If-Modified-Since": ("yesterday", "Tue, 01 Jan 2030 00:00:00 GMT"),
    "Accept": ("text/html", "image/avif", "*/*;q=0", ","),
    "Accept-Encoding": ("gzip", "br;q=2", "identity;q=0"),
    "Authorization": ("Bearer", "Bearer \xe9", "Basic Og==", "Bearer " + "x" * 5000),
    "Cookie": ("reelseek_session=;;;", "=", "a" * 4000),
    "Content-Type": ("application/json", "text/plain", "multipart/form-data", "application/json; charset=utf-16"),
    "Origin": ("null", "http://elsewhere.example"),
    "X-Request-Id": ("a" * 500, "a\tb", "\xff"),
}


MUTANTS = 4
"""Sent after each generated request that is neither costly nor removes anything."""


def send_generated(url: str, answers: Answers, *, count: int, number: int, videos: Sequence[str]) -> None:
    """About `count` requests, spread over all operations: generated ones, each followed by mutants of its own.

    Args:
        url: of the service, without a slash at the end.
        number: seed.
        videos: ids that exist; half of the requests name one.
    """
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    operations: list[Any] = [
        cast(Any, one).ok() for one in schema.exclude(operation_id=list(LEFT_OUT)).get_all_operations()
    ]
    share = max(1, count // len(operations) // (1 + MUTANTS))
    with requests.Session() as session:
        for place, operation in enumerate(operations):
            is_costly = operation.definition.raw["operationId"] in COSTLY
            examples = max(1, share // 50) if is_costly else share
            _send_cases(operation, url, session, answers, examples, number + place, videos)
    _send_wild(url, answers, count // WILD_SHARE, number, videos)


def _send_cases(
    operation: Any, url: str, session: Any, answers: Answers, count: int, number: int, videos: Sequence[str]
) -> None:
    has_video = "{video_id}" in operation.path
    known = [{"video_id": video_id} for video_id in videos] if has_video else []
    cases = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE),
        operation.as_strategy(GenerationMode.NEGATIVE),
        *(operation.as_strategy(mode, path_parameters=one) for one in known for mode in GenerationMode),
    )

    mutants = Mutants(answers, number=number, timeout_seconds=_SECONDS)
    has_mutants = operation.definition.raw["operationId"] not in COSTLY and operation.method.upper() != "DELETE"

    @seed(number)
    @_settings(count)
    @given(cases)
    def send(case: Any) -> None:
        request = f"{operation.method.upper()} {case.formatted_path} {case.query or ''} {str(case.body)[:200]}"
        try:
            response = case.call(base_url=url, session=session, timeout=_SECONDS)
        except (requests.RequestException, OSError) as error:
            answers.broken(request, error)
            return
        headers = {name: values[0] for name, values in response.headers.items()}
        answers.take(request, response.status_code, headers, response.content)
        if has_mutants:
            mutants.send(response.request, MUTANTS)

    send()


def _send_wild(url: str, answers: Answers, count: int, number: int, videos: Sequence[str]) -> None:
    pieces = st.one_of(st.sampled_from([*_PIECES, *videos]), st.text(max_size=8).map(_quoted))
    headers = st.lists(
        st.sampled_from(sorted(_HEADERS)).flatmap(
            lambda name: st.tuples(
                st.just(name), st.sampled_from(_HEADERS[name]) | st.text("ab;,=\xe9\t\"'", max_size=9)
            )
        ),
        max_size=3,
    )

    @seed(number)
    @_settings(count)
    @given(
        st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "x"]),
        st.lists(pieces, max_size=6).map(lambda given: "/" + "/".join(given)),
        st.text(max_size=20).map(_quoted),
        headers,
        st.binary(max_size=200),
    )
    def send(method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes) -> None:
        request = f"{method} {path}?{query} {headers} {body!r}"
        if method == "DELETE" and any(video_id in path for video_id in videos):
            return
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
        send_raw(connection, answers, request, method, f"{path}?{query}", body, dict(headers))
        connection.close()

    send()


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


def _settings(count: int) -> Any:
    return settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=cast(list[HealthCheck], list(HealthCheck)),
    )
