"""Parameters of tests that `make test` leaves out."""

from typing import Any

import pytest
from _pytest.mark import ParameterSet


def thorough(*values: Any) -> list[ParameterSet]:
    """Variants of a case that runs every time: `["a", *thorough("b", "c")]`. A tuple holds several arguments."""
    return [pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.thorough) for one in values]
