"""The text of a server's reply as it comes: without thoughts and fences, JSON checked against its schema. Pure."""

import json
from collections.abc import Mapping
from typing import Any, cast

from indexer.models.vision_language import OnText

_THOUGHTS = "<think>"
_THOUGHTS_END = "</think>"
_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class ReplyText:
    """Collects the pieces of one reply, and passes on what belongs to it."""

    def __init__(self, on_text: OnText | None, *, is_json: bool) -> None:
        self._on_text, self._is_json = on_text, is_json
        self._raw = ""
        self.passed_on = ""
        """What `on_text` has received."""

    def add(self, piece: str) -> None:
        """Adds a piece, which may be empty."""
        self._raw += piece
        text = self.text
        if self._on_text is not None and len(text) > len(self.passed_on):
            self._on_text(text[len(self.passed_on) :])
            self.passed_on = text

    @property
    def text(self) -> str:
        """The reply so far; JSON from its first brace on, and to its last where it is complete."""
        text = self._raw
        if _THOUGHTS.startswith(text.lstrip()[: len(_THOUGHTS)]):
            _, ended, text = text.partition(_THOUGHTS_END)
            text = text.lstrip() if ended else ""
        if not self._is_json:
            return text
        start = text.find("{")
        if start < 0:
            return ""
        try:
            _, stop = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            return text[start:]
        return text[start:stop]


def conforms(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a text is JSON with the types, keys, values and least numbers of items that a schema demands.

    Longer texts and lists than the schema allows are accepted: their readers cut them.
    """
    try:
        return _conforms(json.loads(text), schema)
    except (ValueError, RecursionError):
        return False


def _conforms(value: Any, schema: Mapping[str, Any]) -> bool:
    if "const" in schema:
        return bool(value == schema["const"]) and isinstance(value, type(schema["const"]))
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    if kind is not None and not _is_of(value, kind):
        return False
    if kind == "object":
        fields = cast(dict[str, Any], value)
        parts: dict[str, Any] = schema.get("properties", {})
        return all(name in fields for name in schema.get("required", ())) and all(
            _conforms(fields[name], part) for name, part in parts.items() if name in fields
        )
    if kind == "array":
        items = cast(list[Any], value)
        return len(items) >= schema.get("minItems", 0) and all(_conforms(item, schema["items"]) for item in items)
    return True


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):  # for Python also a number
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])
