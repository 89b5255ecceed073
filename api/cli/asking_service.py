"""Questions to a running service of the library; None where the command has to answer them itself.

Whatever goes wrong, the command answers itself and then reports what is wrong, as for searches.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from api.cli.service_client import absolute_name, is_place_relative, posted
from api.local.question import Listeners, Question
from api.local.running_service import find_running_service
from indexer.config import Settings
from indexer.library_place import library_place, machine_folder

if TYPE_CHECKING:
    from search.answering.answer import Answer


def ask_by_service(settings: Settings, asked: Question, listeners: Listeners) -> "Answer | None":
    """The answer of a running service. Ctrl-C ends the connection, and with it the service's work on the answer."""
    service = find_running_service(machine_folder(library_place(settings.library)), settings)
    if service is None or is_place_relative(f"{asked.question} {asked.scope or ''}"):
        return None
    named = replace(
        asked,
        video=None if asked.video is None else absolute_name(asked.video),
        clips=tuple(absolute_name(clip, "@") for clip in asked.clips),
    )
    heard = {"text": listeners.on_text, "draft": listeners.on_draft, "step": listeners.on_step}
    body = {
        "asked": asdict(named),
        "threshold": settings.relevance_threshold,
        "hears": [name for name, listener in heard.items() if listener],
    }
    with ExitStack() as stack:
        try:
            response = stack.enter_context(posted(service, "/ask", body))
        except (OSError, http.client.HTTPException):
            return None
        return None if response is None else _listen(response, listeners)


def _listen(response: http.client.HTTPResponse, listeners: Listeners) -> "Answer | None":
    """Tells the listeners what comes, until the answer does; None where none comes. Raises what the listeners raise."""
    for event, data in _events(response):
        if event == "answer":
            from api.local.results import decode_answer

            with suppress(ValueError):
                return decode_answer(data)
        if event in ("answer", "problem"):
            return None
        said: Any = json.loads(data)
        if event == "text" and listeners.on_text:
            listeners.on_text(said)
        elif event == "draft" and listeners.on_draft:
            listeners.on_draft(said)
        elif event == "step" and listeners.on_step:
            listeners.on_step(*said)
    return None


def _events(response: http.client.HTTPResponse) -> Iterator[tuple[str, bytes]]:
    """Names and data of server-sent events, as this service writes them: the data of each on one line.

    They end where the connection does.
    """
    event = ""
    while line := _line(response):
        name, _, value = line.rstrip(b"\n").partition(b": ")
        if name == b"event":
            event = value.decode()
        elif name == b"data":
            yield event, value


def _line(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.readline()
    except (OSError, http.client.HTTPException):
        return b""
