"""One exchange with a server through OpenAI's client: a request out, the pieces of its reply in.

Retries with back-off where the server is busy or fails, and learns which fields the server does not know.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import openai

from indexer.errors import ModelServerError
from indexer.models.remote.address import ServerAddress
from indexer.models.remote.faults import asked_to_wait, error_of, message_of, worth_retrying

RETRIES = 4
"""Further tries after a status of 429 or 5xx."""
FIRST_WAIT_SECONDS = 0.5
"""Before the first of them; each further wait is twice as long."""
LONGEST_WAIT_SECONDS = 30.0
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 600.0
"""Without a byte: a large model without a GPU reads a prompt for minutes."""
_OUR_HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"}
_REFUSED = (400, 422)


@dataclass(slots=True)
class Habits:
    """What a server was found not to understand; shared by all requests."""

    left_out: set[str] = field(default_factory=set[str])
    """Optional fields that it refuses."""
    tells_schema: bool = False
    """It ignores `response_format`, and keeps to a schema that is told in words."""

    def fields(self, *, max_tokens: int, schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """The optional fields of a request."""
        length = "max_completion_tokens" if "max_tokens" in self.left_out else "max_tokens"
        values: dict[str, Any] = {length: max_tokens, "temperature": 0.0, "stream_options": {"include_usage": True}}
        if schema is not None:
            strict = "strict" not in self.left_out
            values["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": strict, "schema": schema},
            }
        return {name: value for name, value in values.items() if name not in self.left_out}

    def learn(self, error: Exception, sent: Mapping[str, Any], key: str) -> bool:
        """Whether the server refused an optional field that was sent, which the next request leaves out."""
        if not isinstance(error, openai.APIStatusError) or error.status_code not in _REFUSED:
            return False
        said = f"{message_of(error, key)} {error.body}"
        if "response_format" in sent and re.search(r"response_format|schema|strict", said):
            self.left_out.add("response_format" if "strict" in self.left_out else "strict")
            return True
        for name in ("stream_options", "temperature", "max_tokens"):
            if name in sent and name in said:
                self.left_out.add(name)
                return True
        return False


@dataclass(slots=True)
class Outcome:
    """How a reply ended; filled while its pieces are read."""

    finish: str = ""
    """`stop` or `length`, as the server says."""
    tokens: int = 0
    """Of the reply, as the server counts them, otherwise its pieces."""
    prompt_tokens: int = 0
    """As the server counts them; 0 where it does not say."""


def open_client(address: ServerAddress, key: str) -> openai.AsyncOpenAI:
    """A client that talks to this server alone: no redirects, no headers, keys or proxies out of the environment."""

    async def only_ours(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in _OUR_HEADERS]:
            del request.headers[name]
        if key:
            request.headers["Authorization"] = f"Bearer {key}"

    http = openai.DefaultAsyncHttpxClient(
        follow_redirects=False, trust_env=not address.is_loopback, event_hooks={"request": [only_ours]}
    )
    return openai.AsyncOpenAI(
        base_url=address.url,
        api_key=key or "none",
        max_retries=0,
        timeout=openai.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
        http_client=http,
    )


class Exchange:
    """Asks one server."""

    def __init__(self, client: openai.AsyncOpenAI, address: ServerAddress, key: str, habits: Habits) -> None:
        self._client, self._address, self._key, self._habits = client, address, key, habits

    async def models(self) -> list[Mapping[str, Any]]:
        """The models that the server lists, with whatever it says of each.

        Raises:
            ModelUnreachableError, ModelServerError.
        """
        try:
            page = await self._tried(self._client.models.list)
            return [one.model_dump() for one in page.data]
        except Exception as error:  # noqa: BLE001 - the client also raises what it did not foresee, as of bad JSON
            raise error_of(error, self._address, self._key) from None

    async def pieces(
        self, messages: list[Any], outcome: Outcome, *, max_tokens: int, schema: Mapping[str, Any] | None
    ) -> AsyncGenerator[str]:
        """The pieces of a reply as they come; `outcome` is complete after the last.

        Raises:
            PromptTooLongError, ModelBusyError, ModelMissingError, ModelUnreachableError, ModelServerError.
        """
        try:
            stream = await self._begin(messages, max_tokens=max_tokens, schema=schema)
            async with stream:
                async for chunk in stream:
                    if usage := getattr(chunk, "usage", None):
                        outcome.tokens, outcome.prompt_tokens = usage.completion_tokens or 0, usage.prompt_tokens or 0
                    if not getattr(chunk, "choices", None):
                        continue
                    choice = chunk.choices[0]
                    outcome.finish = choice.finish_reason or outcome.finish
                    if text := choice.delta.content if choice.delta else None:
                        outcome.tokens += 1
                        yield text
        except Exception as error:  # noqa: BLE001
            raise error_of(error, self._address, self._key) from None
        if not outcome.finish:
            raise ModelServerError(
                f"the server of {self._address.model} at {self._address.url} cut off its reply, or does not speak"
                " OpenAI's protocol; check its log, and that the address ends in /v1"
            )

    async def _begin(self, messages: list[Any], *, max_tokens: int, schema: Mapping[str, Any] | None) -> Any:
        """The stream of a reply; asks again without the fields that the server refuses."""
        while True:
            sent = self._habits.fields(max_tokens=max_tokens, schema=schema)

            async def create(sent: dict[str, Any] = sent) -> Any:
                return await self._client.chat.completions.create(
                    model=self._address.model, messages=messages, stream=True, **sent
                )

            try:
                return await self._tried(create)
            except openai.APIStatusError as error:
                if not self._habits.learn(error, sent, self._key):
                    raise

    async def _tried(self, request: Any) -> Any:
        """The result of a request; waits and tries again where that may help."""
        wait = FIRST_WAIT_SECONDS
        for left in range(RETRIES, -1, -1):
            try:
                return await request()
            except openai.APIStatusError as error:
                if not left or not worth_retrying(error):
                    raise
                await asyncio.sleep(min(LONGEST_WAIT_SECONDS, max(wait, asked_to_wait(error))))
                wait *= 2
        raise AssertionError("the last try returns or raises")
