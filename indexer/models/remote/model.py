"""A vision-language model on a server: prompts in, replies out, several at once.

Leaves out the protocol (`exchange`), its errors (`faults`), and what of a reply counts (`reply_text`).
"""

import asyncio
import json
import math
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from indexer.errors import (
    GenerationCancelledError,
    ModelMissingError,
    ModelServerError,
    PromptTooLongError,
    SettingsError,
)
from indexer.models.remote.address import WHAT_IS_SENT, ServerAddress, check_consent, parse_address
from indexer.models.remote.box_units import box_units_by_name
from indexer.models.remote.exchange import Exchange, Habits, Outcome, open_client
from indexer.models.remote.faults import KEY_VARIABLE
from indexer.models.remote.messages import SERVER_VISION, estimated_tokens, messages_of
from indexer.models.remote.reply_text import ReplyText, conforms
from indexer.models.request_queue import RequestQueue
from indexer.models.vision_language import IsCancelled, OnText, Prompt, Reply, Turn, VisionSpec
from indexer.models.weights.files import Announce, announce_on_stderr

CONTEXT_TOKENS = 4_096
"""Where neither the server nor the settings state the context: what Ollama has unless told otherwise."""
CONTEXT_FIELDS = ("max_model_len", "context_length", "context_window")
"""In which servers state it: vLLM and SGLang, OpenRouter, Groq."""
REQUESTS_AT_ONCE, PROMPTS_AT_ONCE = 4, 4
"""Requests in progress, and prompts of one of them; more wait."""
MAX_WAITING = 16
"""Length of the request queue; further requests are refused."""
OPENAI_HOST, OPENAI_KEY_VARIABLE = "api.openai.com", "OPENAI_API_KEY"
"""The one host to which a key under OpenAI's own name goes."""
CANCELLATION_CHECK_SECONDS = 0.05
CANCELLED = "the reply was stopped before its end, as asked"
Result = TypeVar("Result")


def connect_remote_model(
    spec: str, *, send_frames_to: str = "", context: int = 0, announce: Announce = announce_on_stderr
) -> "RemoteModel":
    """Connects to a model on a server.

    Args:
        spec: `openai:MODEL@URL`.
        send_frames_to: hosts beside this machine to which the user consents to send frames, separated by commas.
        context: tokens of prompt and reply together; 0 asks the server.
        announce: called with the host and what is sent there, unless it is this machine.

    Raises:
        SettingsError: the address is none, lacks consent, or would carry a key unencrypted to another machine.
        ModelUnreachableError: the server cannot be reached, or refuses the key.
    """
    address = parse_address(spec)
    check_consent(address, send_frames_to)
    key = key_for(address)
    if not address.is_loopback:
        announce(f"sent to {address.host}, to the model {address.model}: {WHAT_IS_SENT}")
    listed = asyncio.run(_listed_models(address, key))
    tokens = context or next((stated_context(one) for one in listed if one.get("id") == address.model), 0)
    if not tokens:
        announce(
            f"{address.url} does not say how long the context of {address.model} is: {CONTEXT_TOKENS:,} tokens are"
            " assumed; state it with --vision-language-context"
        )
    return RemoteModel(address, key=key, context_limit=tokens or CONTEXT_TOKENS)


def key_for(address: ServerAddress) -> str:
    """The key of a server, out of the environment; empty without one.

    Raises:
        SettingsError: there is one, and it cannot be a key, or would be sent unencrypted to another machine.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key and address.host == OPENAI_HOST:
        key = os.environ.get(OPENAI_KEY_VARIABLE, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            f"the key in {KEY_VARIABLE} contains characters that are not allowed in a key; copy it again"
        )
    if key and not address.is_loopback and not address.is_encrypted:
        raise SettingsError(
            f"{address.url} is not encrypted, and the key in {KEY_VARIABLE} would be readable on the way; use https,"
            f" or unset {KEY_VARIABLE}"
        )
    return key


def stated_context(model: Mapping[str, Any]) -> int:
    """The context that a server states of a model in its list; 0 where it does not."""
    meta = model.get("meta")
    stated = [model.get(name) for name in CONTEXT_FIELDS]
    stated.append(meta.get("n_ctx") if isinstance(meta, dict) else None)  # llama.cpp
    return next((value for value in stated if isinstance(value, int) and value > 0), 0)


async def _listed_models(address: ServerAddress, key: str) -> list[Mapping[str, Any]]:
    """The server's models; none where it is there but has no such list."""
    async with open_client(address, key) as client:
        try:
            return await Exchange(client, address, key, Habits()).models()
        except (ModelMissingError, ModelServerError):
            return []


class RemoteModel:
    """A model on a server. Thread-safe; to be called where no event loop runs."""

    def __init__(self, address: ServerAddress, *, key: str = "", context_limit: int) -> None:
        """
        Args:
            key: of the server; empty for one that needs none.
            context_limit: tokens of prompt and reply together.
        """
        self._address, self._key, self._context_limit = address, key, context_limit
        self._queue = RequestQueue(MAX_WAITING, at_once=REQUESTS_AT_ONCE)
        self._habits = Habits()
        self._correction = 1.0
        """The server's count of a prompt over the estimate, at most so far."""

    @property
    def name(self) -> str:
        return self._address.recorded_name

    @property
    def context_limit(self) -> int:
        return self._context_limit

    @property
    def vision(self) -> VisionSpec:
        return replace(SERVER_VISION, boxes=box_units_by_name(self._address.model))

    def count_tokens(self, prompt: Prompt) -> int:
        """An estimate, corrected by what the server has counted of longer prompts."""
        return math.ceil(estimated_tokens(prompt) * self._correction)

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        on_text: OnText | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> list[Reply]:
        """See `VisionLanguageModel.generate`; also raises ModelBusyError, ModelUnreachableError and ModelServerError.

        A reply that does not conform to the schema is asked for once more, with the schema in words; then it is
        returned as incomplete.
        """
        if on_text is not None and len(prompts) != 1:
            raise ValueError(f"a reply is streamed for one prompt, got {len(prompts)}")
        for prompt in prompts:
            self._check_size(prompt, max_tokens)
        with self._queue.turn(is_cancelled):
            return asyncio.run(
                _until_cancelled(self._replies(prompts, max_tokens, schema, on_text, is_cancelled), is_cancelled)
            )

    def _check_size(self, prompt: Prompt, max_tokens: int) -> None:
        size = self.count_tokens(prompt)
        if size + max_tokens > self._context_limit:
            raise PromptTooLongError(
                f"a prompt of about {size:,} tokens and a reply of {max_tokens:,} do not fit the context of"
                f" {self._context_limit:,} tokens; show fewer or smaller frames, or ask a shorter question"
            )

    async def _replies(
        self,
        prompts: Sequence[Prompt],
        max_tokens: int,
        schema: dict[str, Any] | None,
        on_text: OnText | None,
        is_cancelled: IsCancelled | None,
    ) -> list[Reply]:
        places = asyncio.Semaphore(PROMPTS_AT_ONCE)
        async with open_client(self._address, self._key) as client:
            exchange = Exchange(client, self._address, self._key, self._habits)

            async def one(prompt: Prompt) -> Reply:
                async with places:
                    return await self._reply(exchange, prompt, max_tokens, schema, on_text, is_cancelled)

            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(one(prompt)) for prompt in prompts]
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from None
            return [task.result() for task in tasks]

    async def _reply(
        self,
        exchange: Exchange,
        prompt: Prompt,
        max_tokens: int,
        schema: dict[str, Any] | None,
        on_text: OnText | None,
        is_cancelled: IsCancelled | None,
        *,
        again: bool = False,
    ) -> Reply:
        tells = again or self._habits.tells_schema
        told = _with_schema(prompt, schema) if schema is not None and tells else prompt
        text, outcome = ReplyText(on_text, is_json=schema is not None), Outcome()
        async with aclosing(
            exchange.pieces(messages_of(told), outcome, max_tokens=max_tokens, schema=schema)
        ) as pieces:
            async for piece in pieces:
                if is_cancelled is not None and is_cancelled():
                    raise GenerationCancelledError(CANCELLED)
                text.add(piece)
        if outcome.prompt_tokens:
            self._correction = max(self._correction, outcome.prompt_tokens / estimated_tokens(told))
        if schema is None:
            return Reply(text.text, outcome.tokens, outcome.finish != "length")
        fits = conforms(text.text, schema)
        self._habits.tells_schema |= again and fits  # some models fare worse when they are told
        if fits or tells or outcome.finish == "length" or text.passed_on:
            return Reply(text.text, outcome.tokens, fits)
        return await self._reply(exchange, prompt, max_tokens, schema, on_text, is_cancelled, again=True)


def _with_schema(prompt: Prompt, schema: Mapping[str, Any]) -> Prompt:
    last = prompt[-1]
    told = f"\nReply with one JSON object of this JSON schema and nothing else: {json.dumps(schema)}"
    return (*prompt[:-1], Turn(last.role, (*last.parts, told)))


async def _until_cancelled(work: Coroutine[Any, Any, Result], is_cancelled: Callable[[], bool] | None) -> Result:
    """The result of the work, which is given up, with its connections, as soon as that is asked for."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=CANCELLATION_CHECK_SECONDS))[0]:
            if is_cancelled is not None and is_cancelled():
                raise GenerationCancelledError(CANCELLED)
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
