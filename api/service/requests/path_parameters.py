"""Ids as path parameters."""

from typing import Annotated

from litestar.params import Parameter

JobIdPath = Annotated[str, Parameter(pattern="^[0-9a-f]{32}$", description="The job's id.")]

VideoIdPath = Annotated[
    str, Parameter(pattern="^[0-9a-f]{32}$", description="The video's id.", schema_extra={"example": "0" * 32})
]
