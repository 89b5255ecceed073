"""The address of a model on a server, and whether the user consents to send frames there. Opens no connection."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from indexer.errors import SettingsError
from indexer.loopback import is_loopback

PREFIX = "openai:"
EXAMPLE = "openai:qwen2.5vl:7b@http://127.0.0.1:11434/v1"
WHAT_IS_SENT = "frames of the videos, captions and quoted texts, and questions"
_ADDRESS = re.compile(r"openai:(?P<model>.+)@(?P<url>https?://\S+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A model of a server."""

    model: str
    """As the server names it."""
    url: str
    """Base of the protocol's paths, as `http://127.0.0.1:8000/v1`; holds no password."""
    host: str
    """Of the URL, in lower case."""

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.host)

    @property
    def is_encrypted(self) -> bool:
        return self.url.startswith("https://")

    @property
    def recorded_name(self) -> str:
        """The model without its place, as the library records it: the server may move."""
        return f"{PREFIX}{self.model}"


def is_server(spec: str) -> bool:
    """Whether a vision-language model's name is that of one on a server."""
    return spec.startswith(PREFIX)


def parse_address(spec: str) -> ServerAddress:
    """The address in a model's name, `openai:MODEL@URL`.

    Raises:
        SettingsError: it is none, or the URL holds a password, a query or a fragment.
    """
    found = _ADDRESS.fullmatch(spec.strip())
    if found is None:
        raise SettingsError(
            f"a model on a server is named {PREFIX}MODEL@URL, such as {EXAMPLE}; got {_without_password(spec)}"
        )
    try:
        url = urlsplit(found["url"])
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise SettingsError(f"{_without_password(spec)}: {error}; write it as {EXAMPLE}") from None
    if not host or url.username is not None or url.password is not None or url.query or url.fragment:
        raise SettingsError(
            f"{_without_password(spec)}: the URL of a server is only scheme, host, port and path, as in {EXAMPLE};"
            " a key comes from the environment"
        )
    return ServerAddress(found["model"], found["url"].rstrip("/"), host.lower())


def has_consent(address: ServerAddress, hosts: str) -> bool:
    """Whether frames may be sent to the server; those of this machine need no consent.

    Args:
        hosts: the setting `send_frames_to`.
    """
    return address.is_loopback or address.host in {host.strip().lower() for host in hosts.split(",")}


def check_consent(address: ServerAddress, hosts: str) -> None:
    """Raises SettingsError unless `has_consent`."""
    if has_consent(address, hosts):
        return
    raise SettingsError(
        f"the model {address.model} is on {address.host}, and nothing is sent there without your consent"
        f" ({WHAT_IS_SENT}): consent with --send-frames-to {address.host}, or in the settings file"
        f' send_frames_to = "{address.host}"'
    )


def _without_password(spec: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", re.sub(r"[?#]\S*", "", spec))
