"""The targets of `bench.fuzz.parsers`: what they begin with, and damaged copies of it, as a fuzzer would send them."""

from random import Random

import pytest

from bench.fuzz.parser_targets import TARGETS
from bench.fuzz.parsers import NAMES


def test_the_command_names_every_target() -> None:
    assert tuple(TARGETS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_target_takes_any_bytes(name: str) -> None:
    run, random = TARGETS[name].start(), Random(name)
    for seed in TARGETS[name].seeds:
        run(seed)
        for _ in range(5):
            damaged = bytearray(seed)
            damaged[random.randrange(len(damaged))] = random.randrange(256)
            run(bytes(damaged))
            run(seed[: random.randrange(len(seed))])


def test_a_fault_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> None:
        raise RecursionError

    monkeypatch.setattr("bench.fuzz.parser_targets.parse_query", fail)
    with pytest.raises(RecursionError):
        TARGETS["query"].start()(b"a red car")
