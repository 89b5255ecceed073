"""The states of the page, one list: where each is, what goes wrong there, what is clicked, and what it shows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, Route

Act = Callable[[Page], None]
Reply = tuple[int, Any]
"""(status, JSON) that stands in for the service's; a status of 0 is no connection, -1 no end of the request."""
MOMENTS = ".grid .card"


@dataclass(frozen=True, slots=True)
class PageState:
    """One state of the page."""

    name: str
    address: str
    ready: str
    """CSS selector to wait for, after `act`."""
    act: Act | None = None
    faults: Mapping[str, Reply] = field(default_factory=dict[str, Reply])
    """By pattern of an address: states that a service in order cannot be brought into."""


def page_states(page: Page, query: str, question: str) -> list[PageState]:
    """Lists all states, with the first moment and video that the service returns."""
    found = page.request.get("/api/v1/search?" + urlencode({"query": query, "limit": 1})).json()["moments"]
    videos = page.request.get("/api/v1/videos?state=ready&limit=1").json()["videos"]
    states = [*_home(), *_results(query), *_answers(question), *_library(), *_collections(page, found)]
    for one in found:
        at = {"at": one["video_id"], "start": one["start_seconds"], "stop": one["stop_seconds"]}
        address = "/?" + urlencode({"q": query} | at)
        states.append(PageState("moment", address, ".heat path"))
        states += [
            PageState(f"moment-{tab}", address, "[role=tabpanel]:not([hidden])", _tab(tab))
            for tab in _tabs(page, address)
        ]
        states.append(
            PageState("search-export", "/?" + urlencode({"q": query}), ".menu[open]", _click(".menu > summary"))
        )
    for one in videos:
        states.append(PageState("video", "/?" + urlencode({"view": "library", "at": one["video_id"]}), ".chapter"))
    return [*states, *_troubles(query), PageState("programs", "/api-docs", "#api section")]


def _home() -> list[PageState]:
    empty = {"total": 0, "offset": 0, "limit": 1, "videos": []}
    others = [
        {"name": "films", "is_this": True, "url": None, "command": ""},
        {"name": "lectures", "is_this": False, "url": "http://127.0.0.1:8766/", "command": ""},
        {"name": "archive", "is_this": False, "url": None, "command": "reelseek serve --library /data/archive"},
    ]
    return [
        PageState("home", "/", MOMENTS),
        PageState("home-empty", "/", "pre", faults={"/api/v1/videos?": (200, empty)}),
        PageState(
            "home-libraries",
            "/",
            "footer nav, [aria-label='Other libraries']",
            faults={"/api/v1/libraries": (200, {"libraries": others})},
        ),
        PageState("home-tips", "/", ".how[open]", _click(".how summary")),
        PageState("home-keys", "/", "dialog[open]", lambda page: page.keyboard.press("?")),
    ]


def _results(query: str) -> list[PageState]:
    address = "/?" + urlencode({"q": query})
    return [
        PageState("search", address, MOMENTS),
        PageState("search-facets", address, ".facets[open]", _click(".facets summary")),
        PageState("search-selected", address, ".grid .card", _click(".card-tick")),
        PageState("home-saved", address, ".saved li", _save_and_go_home),
        PageState("search-by-video", address + "&order=video", MOMENTS),
        PageState("search-understood", "/?" + urlencode({"q": f"{query} then a circle -heart"}), MOMENTS),
        PageState("nothing", "/?" + urlencode({"q": "a lecture on tax law"}), ".grid .card, .notice"),
        PageState("query-fault", "/?" + urlencode({"q": 'said:"never closed at:9x'}), ".box-fault:not([hidden])"),
    ]


def _answers(question: str) -> list[PageState]:
    address = "/?" + urlencode({"q": question, "mode": "ask"})
    none = {
        "type": "urn:reelseek:problem:model-missing",
        "status": 503,
        "detail": "the profile 'text' has no vision-language model; download one with `reelseek models fetch small`",
    }
    return [
        PageState("answer", address, ".answer .faint, .is-unfound"),
        PageState("answer-waiting", address, ".pulse, .loading", faults={"/api/v1/ask": (-1, None)}),
        PageState(
            "answer-none",
            "/?" + urlencode({"q": "Who opens the letter?", "mode": "ask"}),
            ".answer .faint, .is-unfound",
        ),
        PageState("answer-no-model", address, ".notice", faults={"/api/v1/ask": (503, none)}),
    ]


def _library() -> list[PageState]:
    picked = {"name": "a holiday by the sea.mp4", "mimeType": "video/mp4", "buffer": b"film"}
    return [
        PageState("library", "/?view=library", MOMENTS),
        PageState("library-tags", "/?view=library", ".tag-form", _click(".tag-edit")),
        PageState("library-failed", "/?view=library&state=failed", ".card, .notice"),
        PageState("library-find", "/?view=library&find=zebra", ".notice"),
        PageState(
            "library-upload", "/?view=library", ".activity-row",
            lambda page: page.locator("input[type=file]").first.set_input_files([picked]),  # pyright: ignore[reportArgumentType]
            {"/api/v1/videos?name=": (-1, None)},
        ),
    ]  # fmt: skip


def _collections(page: Page, found: list[dict[str, Any]]) -> list[PageState]:
    names = ("video_id", "start_seconds", "stop_seconds", "text")
    moments = [{name: one[name] for name in names} for one in found]
    kept = page.request.get("/api/v1/collections").json()["collections"]
    if not kept:
        page.request.post("/api/v1/collections", data={"name": "Opening titles", "moments": moments})
        kept = page.request.get("/api/v1/collections").json()["collections"]
    address = "/?" + urlencode({"view": "collections", "collection": kept[0]["collection_id"]})
    return [
        PageState(
            "collections-none",
            "/?view=collections",
            ".notice",
            faults={"/api/v1/collections": (200, {"collections": []})},
        ),
        PageState("collection", address, ".collection .card"),
        PageState("collection-export", address, ".menu[open]", _click(".menu > summary")),
        PageState("collection-trim", address, ".trim-times", _click(".collection .card a.frame")),
    ]


def _troubles(query: str) -> list[PageState]:
    address = "/?" + urlencode({"q": query})
    loading = {
        "status": "ok",
        "loading": {"step": "text model", "done": 1, "steps": 3},
        "library": {"exists": True, "duration_seconds": 90},
        "models": {},
    }
    key = {"type": "urn:reelseek:problem:unauthorized", "status": 401, "detail": "API key required."}
    busy = {
        "type": "urn:reelseek:problem:busy",
        "status": 503,
        "detail": "16 requests of this kind (search) are running or waiting; try again later",
    }
    return [
        PageState("loading", "/", ".loading-models .loading", faults={"/api/v1/health": (200, loading)}),
        PageState("gone", address, ".notice", faults={"/api/v1/search": (0, None), "/api/v1/health": (0, None)}),
        PageState("busy", address, ".notice", faults={"/api/v1/search": (503, busy)}),
        PageState("key", address, "dialog[open]", faults={"/api/v1/": (401, key)}),
    ]


def set_faults(page: Page, faults: Mapping[str, Reply]) -> None:
    """Answers in place of the service where an address has one of the patterns in it."""

    def answer(route: Route) -> None:
        for part, (status, value) in faults.items():
            if part in route.request.url:
                if status == 0:
                    route.abort()
                elif status > 0:
                    route.fulfill(status=status, json=value) if status < 400 else route.fulfill(
                        status=status, body=json.dumps(value), content_type="application/problem+json"
                    )
                return
        route.continue_()

    page.unroute_all(behavior="ignoreErrors")
    if faults:
        page.route("**/api/v1/**", answer)


def _click(selector: str) -> Act:
    return lambda page: page.locator(selector).first.click()


def _save_and_go_home(page: Page) -> None:
    page.locator("text=Save search").first.click()
    page.locator(".mark").click()


def _tab(name: str) -> Act:
    return lambda page: page.get_by_role("tab", name=name).click()


def _tabs(page: Page, address: str) -> list[str]:
    page.goto(address)
    page.wait_for_selector("[role=tab]", state="attached")
    return page.get_by_role("tab").all_inner_texts()
