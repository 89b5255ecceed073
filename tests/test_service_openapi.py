"""Schemathesis over the whole OpenAPI description, against the real service: no 5xx, nothing outside the description.

`REELSEEK_SCHEMA_EXAMPLES` sets how many cases each operation gets beside the systematic ones.
"""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import os
from collections import Counter
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.service.app import create_service
from api.service.runtime import Runtime
from api.service.settings import ServiceSettings
from indexer.config import Settings
from tests.helpers.service import RunningService, demo_library, service  # noqa: F401

pytestmark = pytest.mark.thorough

EXAMPLES = int(os.environ.get("REELSEEK_SCHEMA_EXAMPLES", "15"))
SLOW = ("ask", "add_video")
"""A model, or a process, for each case."""
CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
EASY = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def described() -> Any:
    """The description, made without a server so that each operation is a test of its own."""
    service = create_service(Runtime(Settings(library="none"), ServiceSettings()))
    return schemathesis.openapi.from_dict(service.litestar.openapi_schema.to_schema())


SCHEMA = described()
tried: Counter[str] = Counter()
"""Cases by operation."""


@SCHEMA.exclude(operation_id=list(SLOW)).parametrize()
@settings(max_examples=EXAMPLES, **EASY)
def test_every_answer_is_described(case: Any, service: RunningService) -> None:
    tried[case.operation.label] += 1
    case.call_and_validate(base_url=service.url, checks=CHECKS, timeout=60)


@SCHEMA.include(operation_id=list(SLOW)).parametrize()
@settings(max_examples=max(2, EXAMPLES // 5), **EASY)
def test_every_answer_of_slow_operations_is_described(case: Any, service: RunningService) -> None:
    tried[case.operation.label] += 1
    case.call_and_validate(base_url=service.url, checks=CHECKS, timeout=120)


def test_every_operation_was_tried() -> None:
    if not tried:
        pytest.skip("only after the others")
    print(f"{sum(tried.values())} cases over {len(tried)} operations")
    assert len(tried) == len(list(SCHEMA.get_all_operations()))
    assert sum(tried.values()) >= 10 * len(tried)


def test_the_description_is_whole(service: RunningService) -> None:
    document = httpx.get(f"{service.url}/api/v1/openapi.json").json()
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "delete", "head"}
    ]
    assert len(operations) >= 15
    for path, method, operation in operations:
        assert operation["operationId"], (path, method)
        assert operation.get("summary"), (path, method)
        problems = [status for status in operation["responses"] if int(status) >= 400]
        assert {"400", "401", "503"} <= set(problems), (path, method)
        for status in problems:
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"], (path, method)
