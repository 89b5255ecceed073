"""Records of problems: what a failed request answers, as RFC 9457 describes it."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType


class FieldProblem(Struct, kw_only=True):
    """What is wrong with one field of a request."""

    field: Annotated[str, Meta(examples=["limit"])]
    message: Annotated[str, Meta(examples=["must be at most 200"])]


class QueryFault(Struct, kw_only=True):
    """Where a query has a syntax error, and a correct example."""

    start: Annotated[int, Meta(description="In characters of `query`, from 0; half-open.", examples=[7])]
    stop: Annotated[int, Meta(examples=[12])]
    query: Annotated[str, Meta(description="The query, normalized.", examples=['a sign "exit'])]
    reason: Annotated[str, Meta(examples=["this quote is not closed"])]
    example: Annotated[str, Meta(examples=['a sign that says "exit"'])]


class Problem(Struct, kw_only=True, omit_defaults=True):
    """Why a request failed, as in RFC 9457."""

    type: Annotated[
        str, Meta(description="A stable identifier of the kind of problem.", examples=["urn:reelseek:problem:query"])
    ]
    title: Annotated[str, Meta(examples=["The query is invalid"])]
    status: Annotated[int, Meta(examples=[400])]
    detail: Annotated[str, Meta(examples=["the query is empty; describe in a few words what to look for"])]
    instance: Annotated[str, Meta(description="The request's id.", examples=["5f2c9a7e1b3d4c60"])]
    errors: list[FieldProblem] | UnsetType = UNSET
    known_parameters: (
        Annotated[list[str], Meta(description="With `unknown-parameter`: the parameters that the route knows.")]
        | UnsetType
    ) = UNSET
    query_fault: QueryFault | UnsetType = UNSET
