"""A model on a server: what it says is what the same model says here; what goes wrong there is told, or retried."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from click.testing import CliRunner
from litestar.response import Stream

from api.cli.main import main
from indexer.config import Settings
from indexer.errors import (
    GenerationCancelledError,
    ModelBusyError,
    ModelError,
    ModelMissingError,
    ModelServerError,
    ModelUnreachableError,
    PromptTooLongError,
    ReelseekError,
    SettingsError,
)
from indexer.models.loading import Models
from indexer.models.local.model import LocalModel, load_local_model
from indexer.models.remote import exchange
from indexer.models.remote.messages import messages_of
from indexer.models.remote.model import RemoteModel, connect_remote_model
from indexer.models.vision_language import Frames, Prompt, Reply, VisionLanguageModel, user_prompt
from indexer.models.vision_language_loading import load_vision_language_model
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from search.answering.reply import REPLY_SCHEMA
from tests.helpers.model_server import MODEL, Fault, ModelServer, pieces, prompt_of, raw, serving_model, status
from tests.helpers.vlm_checkpoints import SIDE, write_vlm_checkpoint

pytestmark = pytest.mark.slow

FOUND: dict[str, Any] = {
    "type": "object",
    "properties": {"found": {"type": "boolean"}, "kind": {"enum": ["a", "b c"]}},
    "required": ["found", "kind"],
    "additionalProperties": False,
}
RIGHT = '{"found": true, "kind": "a"}'
KEY = "sk-secret-0123456789"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """LLaVA, which is shown what a server is shown: a picture after its time in words."""
    return load_local_model(str(write_vlm_checkpoint(tmp_path_factory.mktemp("llava"), "llava")), device="cpu")


@pytest.fixture(scope="module")
def running(local: LocalModel) -> Iterator[ModelServer]:
    with serving_model(local) as server:
        yield server


@pytest.fixture
def server(running: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    monkeypatch.setattr(exchange, "FIRST_WAIT_SECONDS", 0.001)
    running.faults.clear()
    running.requests.clear()
    running.headers.clear()
    running.gave_up.clear()
    running.most_in_progress = 0
    return running


@pytest.fixture
def remote(server: ModelServer) -> RemoteModel:
    return connect_remote_model(server.spec)


def question(seed: int, *, pictures: int = 2) -> Prompt:
    rng = np.random.default_rng(seed)
    parts: list[str | Frames] = ["Clip 1, 20.0s to 24.0s:\n"]
    for place in range(pictures):
        pixels = rng.integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)
        parts += [Frames(pixels, (20.0 + place,)), "\n"]
    return user_prompt(*parts, "What is shown? «Ä» 图 🎈")


def as_received(prompt: Prompt) -> Prompt:
    """The prompt with the pictures as they come out of their JPEGs."""
    return prompt_of(messages_of(prompt))


def test_the_official_client_understands_the_server(server: ModelServer) -> None:
    """Of the tests, not of the product: what it says is proof only if it speaks as other servers do."""
    client = openai.OpenAI(base_url=server.url, api_key="none")
    assert [one.id for one in client.models.list()] == [MODEL]
    stream = client.chat.completions.create(model=MODEL, messages=messages_of(question(1)), max_tokens=5, stream=True)  # pyright: ignore
    chunks = list(stream)
    assert (
        chunks[-1].usage is not None and [one.choices[0].finish_reason for one in chunks if one.choices][-1] == "length"
    )


def test_a_server_says_what_the_same_model_says_here(remote: RemoteModel, local: LocalModel) -> None:
    assert isinstance(remote, VisionLanguageModel)
    assert (remote.name, remote.context_limit) == (f"openai:{MODEL}", 2048)
    for seed in range(3):
        prompt = question(seed)
        assert remote.generate([prompt], max_tokens=20) == local.generate([as_received(prompt)], max_tokens=20)
        said = remote.generate([prompt], max_tokens=60, schema=FOUND)[0]
        expected = local.generate([as_received(prompt)], max_tokens=60, schema=FOUND)[0]
        assert (said.text, said.complete) == (expected.text, True)


def test_words_and_their_times_arrive_in_order(remote: RemoteModel, server: ModelServer) -> None:
    remote.generate([question(1)], max_tokens=2)
    (request,) = server.requests
    (message,) = request["messages"]
    assert [item["type"] for item in message["content"]] == ["text", "image_url", "text", "image_url", "text"]
    assert [item["text"] for item in message["content"] if item["type"] == "text"] == [
        "Clip 1, 20.0s to 24.0s:\n20.0s ",
        "\n21.0s ",
        "\nWhat is shown? «Ä» 图 🎈",
    ]
    assert (request["temperature"], request["max_tokens"]) == (0.0, 2)


def test_a_batch_is_answered_side_by_side(remote: RemoteModel, server: ModelServer, local: LocalModel) -> None:
    prompts = [question(seed, pictures=1 + seed % 3) for seed in range(9)]
    replies = remote.generate(prompts, max_tokens=6)
    assert replies == [local.generate([as_received(prompt)], max_tokens=6)[0] for prompt in prompts]
    assert 1 < server.most_in_progress <= 4


def test_the_stream_is_the_reply_piece_by_piece(remote: RemoteModel) -> None:
    told: list[str] = []
    (reply,) = remote.generate([question(2)], max_tokens=30, on_text=told.append)
    assert "".join(told) == reply.text and len(told) > 5
    told.clear()
    (reply,) = remote.generate([question(2)], max_tokens=60, schema=REPLY_SCHEMA, on_text=told.append)
    assert "".join(told) == reply.text and reply.text.startswith('{"answer": "')


def test_cancelling_closes_the_connection_and_the_server_stops(remote: RemoteModel, server: ModelServer) -> None:
    told: list[str] = []
    with pytest.raises(GenerationCancelledError):
        remote.generate([question(3)], max_tokens=1500, on_text=told.append, is_cancelled=lambda: len(told) > 3)
    assert server.gave_up.wait(60)
    assert remote.generate([question(3)], max_tokens=2)[0].tokens == 2


def test_cancelling_before_the_first_byte(remote: RemoteModel, server: ModelServer) -> None:
    arrived = threading.Event()

    def silent(request: dict[str, Any]) -> Stream:
        async def nothing() -> Any:
            arrived.set()
            try:
                await asyncio.sleep(600)
            finally:
                server.gave_up.set()
            yield ""

        return Stream(nothing(), media_type="text/event-stream")

    server.faults.append(silent)
    with pytest.raises(GenerationCancelledError):
        remote.generate([question(3)], max_tokens=20, is_cancelled=arrived.is_set)
    assert server.gave_up.wait(60)


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_busy_or_failing_server_is_asked_again(remote: RemoteModel, server: ModelServer, code: int) -> None:
    server.faults += [status(code, "not now"), status(code, "not now", {"Retry-After": "0"})]
    assert remote.generate([question(1)], max_tokens=3)[0].tokens == 3
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("code", "error", "requests"),
    [
        (429, ModelBusyError, 5),
        (500, ModelServerError, 5),
        (503, ModelServerError, 5),
        (400, ModelServerError, 1),
        (401, ModelUnreachableError, 1),
        (403, ModelUnreachableError, 1),
        (404, ModelMissingError, 1),
        (307, ModelServerError, 1),
    ],
)
def test_an_error_that_lasts_is_told(
    remote: RemoteModel, server: ModelServer, code: int, error: type[Exception], requests: int
) -> None:
    server.faults += [status(code, "the disk is on fire", {"Location": "http://example.invalid/"})] * 6
    with pytest.raises(error, match=r"the disk is on fire|status 307") as caught:
        remote.generate([question(1)], max_tokens=3)
    assert len(server.requests) == requests
    assert type(caught.value) is error and f"{MODEL} at {server.url}" in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (pieces("half of an ans", finish=None), "cut off"),
        (raw("<html><body>It works!</body></html>", media_type="text/html"), "does not speak"),
        (raw("data: {not json\n\n", media_type="text/event-stream"), "unreadable"),
        (raw('data: {"error": {"message": "out of memory"}}\n\n', media_type="text/event-stream"), "out of memory"),
        (raw("", media_type="text/event-stream"), "cut off"),
    ],
    ids=["cut", "html", "no json", "error in stream", "empty"],
)
def test_a_reply_that_cannot_be_read_is_told(remote: RemoteModel, server: ModelServer, fault: Fault, says: str) -> None:
    server.faults.append(fault)
    with pytest.raises(ModelServerError, match=says):
        remote.generate([question(1)], max_tokens=3)
    assert len(server.requests) == 1, "a reply that has begun is not asked for again"


def test_a_connection_that_breaks_is_told(remote: RemoteModel, server: ModelServer) -> None:
    def dying(request: dict[str, Any]) -> Stream:
        async def some() -> Any:
            yield 'data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}\n\n'
            raise RuntimeError("the server dies here")

        return Stream(some(), media_type="text/event-stream")

    server.faults.append(dying)
    with pytest.raises(ModelUnreachableError, match="cut the connection"):
        remote.generate([question(1)], max_tokens=3)


def test_chunks_without_choices_and_thoughts_are_passed_over(remote: RemoteModel, server: ModelServer) -> None:
    told: list[str] = []
    server.faults.append(pieces("<thi", "nk>A {maybe}", "...</think>\n\n", "A red", " circle.", empty_first=True))
    (reply,) = remote.generate([question(1)], max_tokens=9, on_text=told.append)
    assert (reply.text, "".join(told), told[0]) == ("A red circle.", "A red circle.", "A red")


def test_a_prompt_that_is_too_long_is_told_whoever_notices(remote: RemoteModel, server: ModelServer) -> None:
    with pytest.raises(PromptTooLongError, match="2,048"):
        remote.generate([user_prompt("word " * 9000)], max_tokens=10)
    assert server.requests == []
    longer = connect_remote_model(server.spec, context=100_000)
    with pytest.raises(PromptTooLongError, match="maximum context length is 2048"):
        longer.generate([user_prompt("wörd " * 4000)], max_tokens=10)
    for said in ("Input is longer than the model's context length", "the request exceeds the available context size"):
        server.faults.append(status(400, said))
        with pytest.raises(PromptTooLongError):
            remote.generate([question(1)], max_tokens=3)


def test_the_estimate_learns_from_what_the_server_counts(remote: RemoteModel, local: LocalModel) -> None:
    words = user_prompt("xq7ß " * 60)
    assert remote.count_tokens(words) < local.count_tokens(words)
    remote.generate([words], max_tokens=2)
    assert remote.count_tokens(words) >= local.count_tokens(words)


def test_a_schema_that_is_ignored_is_told_in_words(remote: RemoteModel, server: ModelServer) -> None:
    server.faults += [pieces("Sure! It is red."), pieces("```json\n", RIGHT, "\n```"), pieces(RIGHT)]
    told: list[str] = []
    (reply,) = remote.generate([question(1)], max_tokens=60, schema=FOUND, on_text=told.append)
    assert (reply.text, reply.complete, "".join(told)) == (RIGHT, True, RIGHT)
    said = [json.dumps(request["messages"]) for request in server.requests]
    assert ["JSON schema" in one for one in said] == [False, True]
    remote.generate([question(1)], max_tokens=60, schema=FOUND)
    assert "JSON schema" in json.dumps(server.requests[2]["messages"]), "which is remembered"


def test_a_schema_in_words_that_does_not_help_is_not_told_again(remote: RemoteModel, server: ModelServer) -> None:
    """As the demo's model, which was trained on prompts without one: a reply goes wrong, the next is right untold."""
    server.faults += [pieces("no JSON"), pieces("no JSON either"), pieces(RIGHT)]
    assert not remote.generate([question(1)], max_tokens=60, schema=FOUND)[0].complete
    assert remote.generate([question(1)], max_tokens=60, schema=FOUND)[0].complete
    assert ["JSON schema" in json.dumps(one["messages"]) for one in server.requests] == [False, True, False]


@pytest.mark.parametrize(
    "text", ["no JSON", "[]", '{"found": 1, "kind": "a"}', '{"found": true}', '{"found": true, "kind": "c"}']
)
def test_json_is_always_checked(remote: RemoteModel, server: ModelServer, text: str) -> None:
    server.faults += [pieces(text), pieces(text)]
    assert not remote.generate([question(1)], max_tokens=60, schema=FOUND)[0].complete
    assert len(server.requests) == 2


def test_fields_that_a_server_does_not_know_are_left_out(remote: RemoteModel, server: ModelServer) -> None:
    """As `transformers serve` and OpenAI's newer models refuse some."""
    server.faults += [
        status(422, "Unexpected fields in the request: {'stream_options'}"),
        status(400, "Unsupported value: 'temperature' does not support 0 with this model"),
        status(400, "Invalid schema for response_format 'reply': 'minimum' is not permitted"),
        status(400, "response_format is not supported"),
        pieces("Well: ", RIGHT),
    ]
    assert remote.generate([question(1)], max_tokens=60, schema=FOUND)[0] == Reply(RIGHT, 2, True)
    strict = [request.get("response_format", {}).get("json_schema", {}).get("strict") for request in server.requests]
    assert strict == [True, True, True, False, None]
    assert not {"stream_options", "temperature", "response_format"} & set(server.requests[-1])
    server.faults.append(status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."))
    server.faults.append(pieces("red"))
    remote.generate([question(1)], max_tokens=7)
    assert server.requests[-1]["max_completion_tokens"] == 7 and "max_tokens" not in server.requests[-1]


def test_more_requests_than_wait_are_refused(remote: RemoteModel, server: ModelServer) -> None:
    cancel = threading.Event()
    outcomes: list[object] = []

    def ask() -> None:
        try:
            outcomes.append(remote.generate([question(7)], max_tokens=1500, is_cancelled=cancel.is_set))
        except (ModelBusyError, GenerationCancelledError) as error:
            outcomes.append(error)

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    while len(outcomes) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    cancel.set()
    for thread in threads:
        thread.join(60)
    assert sum(isinstance(one, ModelBusyError) for one in outcomes) == 4
    assert sum(isinstance(one, GenerationCancelledError) for one in outcomes) == 20


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreachableError, match="cannot be reached"):
        connect_remote_model("openai:tiny@http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("listed", "context"),
    [({"max_model_len": 777}, 777), ({"context_length": 8}, 8), ({"meta": {"n_ctx": 99}}, 99), ({}, 4096)],
)
def test_the_context_is_the_servers_or_the_settings(server: ModelServer, listed: dict[str, Any], context: int) -> None:
    server.listed, before = listed, server.listed
    told: list[str] = []
    try:
        assert connect_remote_model(server.spec, announce=told.append).context_limit == context
        assert any("--vision-language-context" in line for line in told) == (context == 4096)
        settings = Settings(vision_language_model=server.spec, vision_language_context=5000)
        assert load_vision_language_model(settings).context_limit == 5000
    finally:
        server.listed = before


@pytest.mark.parametrize(
    "spec",
    [
        "openai:tiny",
        "openai:@http://localhost/v1",
        "openai:tiny@ftp://localhost/v1",
        f"openai:tiny@http://me:{KEY}@localhost/v1",
        f"openai:tiny@http://localhost/v1?key={KEY}",
        "openai:tiny@http://localhost:port/v1",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_a_key(spec: str) -> None:
    with pytest.raises(SettingsError, match="openai:") as caught:
        connect_remote_model(spec)
    assert KEY not in str(caught.value)


def test_nothing_is_sent_elsewhere_without_consent() -> None:
    spec = "openai:gpt@https://models.example.invalid/v1"
    for hosts in ("", "example.invalid", "models.example.invalid.org"):
        with pytest.raises(SettingsError, match=r"--send-frames-to models\.example\.invalid"):
            connect_remote_model(spec, send_frames_to=hosts)
    told: list[str] = []
    with pytest.raises(ModelUnreachableError):
        connect_remote_model(spec, send_frames_to="Other, MODELS.example.invalid", announce=told.append)
    assert "models.example.invalid" in told[0] and "frames of the videos" in told[0]


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-own")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: gateway-secret")
    connect_remote_model(server.spec).generate([question(1)], max_tokens=2)
    sent = json.dumps(server.headers)
    assert not any(secret in sent for secret in ("sk-openai-own", "org-secret", "gateway-secret", "authorization"))
    monkeypatch.setenv("REELSEEK_MODEL_KEY", KEY + "\n")
    remote = connect_remote_model(server.spec)
    remote.generate([question(1)], max_tokens=2)
    assert server.headers[-1]["authorization"] == f"Bearer {KEY}"
    server.faults += [
        status(401, f"Incorrect API key provided: {KEY}"),
        status(401, "Incorrect key: sk-sec*******6789"),
    ]
    for _ in range(2):
        with pytest.raises(ModelUnreachableError) as caught:
            remote.generate([question(1)], max_tokens=2)
        assert "sk-sec" not in str(caught.value) and caught.value.__cause__ is None
    assert KEY not in remote.name + repr(remote) + caplog.text
    with pytest.raises(SettingsError, match="not encrypted") as plain:
        connect_remote_model("openai:x@http://gpu.example.invalid/v1", send_frames_to="gpu.example.invalid")
    assert KEY not in str(plain.value)


def test_every_error_of_a_server_is_one_of_ours() -> None:
    for error in (ModelServerError, ModelUnreachableError, ModelMissingError, ModelBusyError):
        assert issubclass(error, ModelError) and issubclass(error, ReelseekError)


def test_captions_by_a_server(
    server: ModelServer,
    world: Path,
    models: Models,
    settings_for: Callable[..., Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REELSEEK_MODEL_KEY", KEY)
    settings = settings_for(captions=True, vision_language_model=server.spec)
    index_paths([world], settings=settings, models=models)
    with Library.open(tmp_path / "library") as library:
        assert library.counts()["caption"] == len(server.requests) > 3
        assert all(f"openai:{MODEL}" in video.stages["captions"] for video in library.videos())
    files = [file for file in (tmp_path / "library").rglob("*") if file.is_file()]
    assert files and not any(KEY.encode() in file.read_bytes() for file in files), "a library never holds the key"
    asked = len(server.requests)
    index_paths([world], settings=settings, models=models)
    assert len(server.requests) == asked, "what is made is not made again"


@pytest.mark.thorough
def test_a_server_that_goes_away_ends_the_run_and_costs_no_video(
    server: ModelServer, world: Path, models: Models, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_for(captions=True, vision_language_model=server.spec)
    server.faults += [status(401, "no more")] * 40
    with pytest.raises(ModelUnreachableError, match="no more"):
        index_paths([world], settings=settings, models=models)
    with Library.open(tmp_path / "library") as library:
        assert library.audit() == [] and not any(video.stage_failures for video in library.videos())
        assert library.counts()["segments"] > 3
    server.faults.clear()
    index_paths([world], settings=settings, models=models)
    with Library.open(tmp_path / "library") as library:
        assert library.counts()["caption"] > 3


def test_status_says_what_is_sent_where(
    world: Path, models: Models, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    spec = "openai:gpt@https://models.example.invalid/v1"
    index_paths([world], settings=settings_for(), models=models)
    command = ["status", "--library", str(tmp_path / "library")]
    environment = {"REELSEEK_VISION_LANGUAGE_MODEL": spec}
    told = json.loads(CliRunner(env=environment).invoke(main, [*command, "--json"]).stdout)["sends"]
    assert (told["host"], told["model"], told["has_consent"]) == ("models.example.invalid", "gpt", False)
    assert "nothing; with --send-frames-to" in CliRunner(env=environment).invoke(main, command).stdout
    environment["REELSEEK_SEND_FRAMES_TO"] = "models.example.invalid"
    words = " ".join(CliRunner(env=environment).invoke(main, command).stdout.split())
    assert "to models.example.invalid (model gpt): frames of the videos" in words
    assert json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)["sends"] is None
