"""The JSON that a reply is held to, and its variants for second tries."""

from copy import deepcopy
from typing import Any

REPLY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "answer": {"type": "string"},
        "found": {"type": "boolean"},
        "moments": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "clip": {"type": "integer", "minimum": 1},
                    "start": {"type": "number", "minimum": 0},
                    "stop": {"type": "number", "minimum": 0},
                    "why": {"type": "string"},
                },
                "required": ["clip", "start", "stop", "why"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["answer", "found", "moments"],
    "additionalProperties": False,
}
"""Keys in this order, as `json.dumps` writes them by default: `{"answer": "red", "found": true, "moments": [...]}`."""


def _short_schema() -> dict[str, Any]:
    schema = deepcopy(REPLY_SCHEMA)
    schema["properties"]["answer"]["maxLength"] = 160
    schema["properties"]["moments"]["maxItems"] = 3
    schema["properties"]["moments"]["items"]["properties"]["why"]["maxLength"] = 60
    return schema


SHORT_SCHEMA = _short_schema()
"""For the second try of a reply that was cut: so short that it comes to its end."""


def _found_schema() -> dict[str, Any]:
    schema = deepcopy(REPLY_SCHEMA)
    schema["properties"]["found"] = {"const": True}
    schema["properties"]["moments"]["minItems"] = 1
    return schema


FOUND_SCHEMA = _found_schema()
"""For the second try where retrieval is sure and the model saw nothing: it may only say where."""
