"""Query parameters and request body fields, derived from the descriptions of options."""

from typing import Any

from litestar.params import QueryParameter
from msgspec import Meta

from indexer.options import Option


def parameter(option: Option[Any], **more: Any) -> Any:
    """A query parameter as Litestar validates and documents it.

    Args:
        more: further arguments of Litestar's `QueryParameter`.
    """
    shown = list(option.examples)
    if shown:
        more.setdefault("schema_extra", {"examples": shown} if len(shown) > 1 else {"example": shown[0]})
    attributes: dict[str, Any] = {"name": option.parameter or None, **_limits(option), **more}
    separated = " Separate several by commas." if option.is_list else ""
    return QueryParameter(description=option.description + separated, **attributes)


def body_field(option: Option[Any], **more: Any) -> Any:
    """A body field as msgspec validates and documents it.

    Args:
        more: further arguments of msgspec's `Meta`.
    """
    if option.examples:
        more.setdefault("examples", list(option.examples))
    return Meta(description=option.description, **{**_limits(option), **more})


def _limits(option: Option[Any]) -> dict[str, Any]:
    high = option.high if option.served_high is None else option.served_high
    return {"ge": option.low, "le": high, "max_length": option.max_length}
