"""Every option is described once: flags, settings, query parameters and fields of bodies come from one description."""

import inspect
from collections import Counter
from typing import Any

import click
import pytest
from click.testing import CliRunner

from api.cli.flags import Flag
from api.cli.main import main
from api.cli.options import CLI_OPTIONS
from api.options import EXPORT_FORMAT, SERVE
from api.service.app import create_service
from api.service.options import SERVICE_OPTIONS
from api.service.runtime import Runtime
from api.service.settings import ServiceSettings
from indexer.config import SETTINGS, Settings
from indexer.options import Option
from search.answering.asker import Asker
from search.engine import SearchEngine
from search.options import ASK, EFFORT, LIMIT, MODE, SEARCH, SIGNALS_ONLY
from search.signals import SIGNALS
from tests.helpers.cli_docs import COMMANDS, FILE, with_tables

BODIES = {"SearchRequest": SEARCH, "AskRequest": ASK}
CONTENT = {"moments", "collection"}
"""Fields of bodies that are what is sent, or name it, not how."""


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The OpenAPI description."""
    service = create_service(Runtime(Settings(library="none"), ServiceSettings()))
    return service.litestar.openapi_schema.to_schema()


def described_in_full(option: Option[Any], shown: dict[str, Any]) -> bool:
    """Whether a parameter or field shows the option's own words, range and choices."""
    schema = shown.get("schema", shown)
    parts = [schema, *schema.get("oneOf", [])]
    bounds = {key: part[key] for part in parts for key in ("minimum", "maximum") if key in part}
    high = option.high if option.served_high is None else option.served_high
    said = shown.get("description") or next((part["description"] for part in parts if "description" in part), "")
    return (
        said.removesuffix(" Separate several by commas.") == option.description
        and bounds.get("minimum", option.low) == option.low
        and bounds.get("maximum") == high
    )


def query_parameters(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path} {one['name']}", one)
        for path, operations in description["paths"].items()
        for operation in operations.values()
        for one in operation.get("parameters", [])
        if one["in"] == "query"
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_is_made_from_an_option(name: str) -> None:
    for flag in COMMANDS[name].params:
        if isinstance(flag, click.Option):
            assert isinstance(flag, Flag), f"{name} {flag.opts[0]} is not described in a table of options"
            assert flag.option in CLI_OPTIONS, flag.opts


def test_every_query_parameter_is_made_from_an_option(description: dict[str, Any]) -> None:
    found = query_parameters(description)
    assert len(found) > 30
    for where, one in found:
        named = [option for option in SERVICE_OPTIONS if one["name"] == (option.parameter or option.name)]
        assert any(described_in_full(option, one) for option in named), where


@pytest.mark.parametrize("name", ["SearchRequest", "AskRequest", "ExportRequest"])
def test_every_field_of_a_request_is_made_from_an_option(name: str, description: dict[str, Any]) -> None:
    fields = description["components"]["schemas"][name]["properties"]
    for field, shown in fields.items():
        if field not in CONTENT:
            named = [option for option in SERVICE_OPTIONS if option.name == field]
            assert any(described_in_full(option, shown) for option in named), f"{name}.{field}"


def test_no_help_is_written_twice() -> None:
    described = {id(option): option for option in (*CLI_OPTIONS, *SERVICE_OPTIONS)}.values()
    helps = Counter(text for _, text in {(one.name, one.help) for one in described})
    assert [text for text, count in helps.items() if count > 1] == []


def test_the_document_has_every_flag_as_the_command_has_it() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert with_tables(text) == text, "run `python -m tests.helpers.cli_docs`"


def test_every_setting_is_a_flag_and_has_its_variable() -> None:
    flags = {one.name for command in COMMANDS.values() for one in command.params if isinstance(one, Flag)}
    assert set(SETTINGS) <= flags
    assert SETTINGS["clip_model"].environment_variable == "REELSEEK_CLIP_MODEL"
    assert {name: option.default for name, option in SETTINGS.items()} == {
        name: getattr(Settings(), name) for name in SETTINGS
    }


def test_the_service_starts_with_the_defaults_of_its_flags() -> None:
    settings = ServiceSettings()
    names = {option.name for option in SERVE} & set(ServiceSettings.__dataclass_fields__)
    assert len(names) == 6
    for option in SERVE:
        if option.name in names:
            assert getattr(settings, option.name) == option.default
    assert settings.max_upload_bytes == 20 << 30


@pytest.mark.parametrize(
    ("function", "options"), [(SearchEngine.search, SEARCH), (Asker.ask, ASK)], ids=["search", "ask"]
)
def test_the_engine_has_the_defaults_of_the_options(function: Any, options: tuple[Option[Any], ...]) -> None:
    parameters = inspect.signature(function).parameters
    for option in options:
        if option.name in parameters and not option.is_required:
            assert parameters[option.name].default == (option.default if option.default != () else None), option.name


def test_the_choices_are_the_same_for_programs_and_people(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    assert SIGNALS_ONLY.choices == SIGNALS
    assert set(schemas["SearchRequest"]["properties"]["signals"]["items"]["enum"]) == set(SIGNALS)
    for body, option in (("AskRequest", MODE), ("AskRequest", EFFORT), ("ExportRequest", EXPORT_FORMAT)):
        assert set(schemas[body]["properties"][option.name]["enum"]) == set(option.choices)


@pytest.mark.parametrize("given", [str((LIMIT.low or 0) - 1), str((LIMIT.high or 0) + 1), "many"])
def test_a_flag_holds_its_range(given: str) -> None:
    result = CliRunner().invoke(main, ["search", "x", "--limit", given])
    assert result.exit_code == 2
    assert "--limit" in result.stderr
