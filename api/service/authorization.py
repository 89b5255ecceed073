"""Who may ask: the service's own name, the page a request comes from, and the key. Raises; answers nothing itself.

A service on loopback needs no key, so the browser is what must be kept from being used against it: a foreign page may
neither write (Origin), nor reach it by a name of its own (Host, against DNS rebinding), nor embed what it serves.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from api.errors import ForbiddenOriginError, UnauthorizedError
from api.service.api_keys import KeyStore
from api.service.settings import ServiceSettings, is_loopback

COOKIE = "reelseek_key"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_OPEN = {"/", "/api-docs", "/favicon.ico", "/api/session", "/api/openapi.json", "/robots.txt"}
"""Asked without a key: the page itself, which then asks for one."""

Headers = dict[str, str]


def headers_of(scope: Any) -> Headers:
    """Lower-case names; of a repeated header the first."""
    found: Headers = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found


class Guard:
    """The rules of one service."""

    def __init__(self, service: ServiceSettings, keys: KeyStore) -> None:
        self._service = service
        self._keys = keys
        self._hosts = {name.casefold() for name in service.allowed_hosts}

    def check(self, method: str, path: str, headers: Headers) -> None:
        """
        Raises:
            ForbiddenOriginError: the wrong name, or another site's page.
            UnauthorizedError: a key is needed, and none or an unknown one is given.
        """
        self._check_host(headers)
        self._check_origin(method, path, headers)
        if self._service.needs_key and not is_open(path):
            self.check_key(headers)

    def check_key(self, headers: Headers) -> None:
        """Raises UnauthorizedError."""
        given = _bearer(headers) or _cookie(headers)
        if not given:
            raise UnauthorizedError("this service needs a key; send it as `Authorization: Bearer KEY`")
        self.check_given(given)

    def check_given(self, key: str) -> None:
        """Raises UnauthorizedError."""
        if not self._keys.is_known(key):
            raise UnauthorizedError("this key is not known, or was revoked; `reelseek keys add NAME` makes one")

    def allows_origin(self, origin: str) -> bool:
        """Whether pages of this origin may read answers (CORS)."""
        return origin in self._service.cors_origins

    def _check_host(self, headers: Headers) -> None:
        if self._service.needs_key and not self._service.is_loopback:
            return
        name = host_name(headers.get("host", ""))
        if not is_loopback(name) and name.casefold() not in self._hosts:
            raise ForbiddenOriginError("this service does not go by that name; use localhost, or --allowed-host NAME")

    def _check_origin(self, method: str, path: str, headers: Headers) -> None:
        origin = headers.get("origin", "")
        own = urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold() if origin else True
        if own and headers.get("sec-fetch-site") != "cross-site":
            return
        if origin and self.allows_origin(origin):
            return
        if method not in _SAFE_METHODS or path.startswith("/api/"):
            raise ForbiddenOriginError("requests of other sites' pages are not taken; see --cors-origin")


def is_open(path: str) -> bool:
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
