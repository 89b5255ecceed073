"""Authorization of requests by host name, origin and API key. Raises errors; sends nothing itself.

A service on loopback needs no key, so it must be protected from other sites in the user's browser: another site's page
may neither write (Origin), nor reach the service by a name of its own (Host, against DNS rebinding), nor embed its
files.
"""

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from api.errors import ForbiddenOriginError, UnauthorizedError
from api.local.running_service import LOCAL
from api.service.api_keys import KeyStore
from api.service.links import API
from api.service.settings import ServiceSettings
from indexer.loopback import is_loopback

COOKIE = "reelseek_key"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_OPEN = {"/", "/api-docs", "/favicon.ico", f"{API}/session", f"{API}/openapi.json", "/robots.txt"}
"""Open without a key: the page itself, which then asks for one."""

Headers = dict[str, str]


def headers_of(scope: Any) -> Headers:
    """Headers by lower-case name; the first of a repeated header."""
    found: Headers = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found


class Guard:
    """The access rules of one service."""

    def __init__(self, service: ServiceSettings, keys: KeyStore, *, local_token: str = "") -> None:
        """
        Args:
            local_token: admits to `/local/`; empty: nobody is admitted.
        """
        self._local_token = local_token
        self._service = service
        self._keys = keys
        self._hosts = {name.casefold() for name in service.allowed_hosts}

    def check(self, method: str, path: str, headers: Headers) -> None:
        """
        Raises:
            ForbiddenOriginError: an unknown host name, or another site's page.
            UnauthorizedError: a key is required, and none or an unknown one is given.
        """
        self._check_host(headers)
        self._check_origin(method, path, headers)
        if path == LOCAL or path.startswith(f"{LOCAL}/"):
            self._check_local(headers)
        elif self._service.needs_key and not is_public_path(path):
            self.check_key(headers)

    def _check_local(self, headers: Headers) -> None:
        given = _bearer(headers).encode()
        if not (self._local_token and hmac.compare_digest(given, self._local_token.encode())):
            raise UnauthorizedError("this path is only for commands on this machine that have the library's token")

    def check_key(self, headers: Headers) -> None:
        """Raises UnauthorizedError."""
        given = _bearer(headers) or _cookie(headers)
        if not given:
            raise UnauthorizedError("this service requires an API key; send it as `Authorization: Bearer KEY`")
        self.check_given(given)

    def check_given(self, key: str) -> None:
        """Raises UnauthorizedError."""
        if not self._keys.is_known(key):
            raise UnauthorizedError("this API key is unknown or revoked; create one with `reelseek keys add NAME`")

    def allows_origin(self, origin: str) -> bool:
        """Whether pages from this origin may read responses (CORS)."""
        return origin in self._service.cors_origins

    def _check_host(self, headers: Headers) -> None:
        if self._service.needs_key and not self._service.is_loopback:
            return
        name = host_name(headers.get("host", ""))
        if not is_loopback(name) and name.casefold() not in self._hosts:
            raise ForbiddenOriginError(
                "unknown host name; use localhost, or start the service with --allowed-host NAME"
            )

    def _check_origin(self, method: str, path: str, headers: Headers) -> None:
        origin = headers.get("origin", "")
        own = urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold() if origin else True
        if own and headers.get("sec-fetch-site") != "cross-site":
            return
        if origin and self.allows_origin(origin):
            return
        if method not in _SAFE_METHODS or path.startswith(f"{API}/"):
            raise ForbiddenOriginError("requests from other sites' pages are not allowed; see --cors-origin")


def is_public_path(path: str) -> bool:
    """Whether this path is served without a key."""
    return path in _OPEN or path.startswith("/static/")


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _bearer(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.casefold() == "bearer" else ""


def _cookie(headers: Headers) -> str:
    try:
        cookies: Iterable[tuple[str, Any]] = SimpleCookie(headers.get("cookie", "")).items()
    except CookieError:
        return ""
    return next((morsel.value for name, morsel in cookies if name == COOKIE), "")
