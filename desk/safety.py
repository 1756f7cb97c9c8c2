"""Who may use the desk, and what its pages may do.

Every page of every site can send requests to this machine. Three things keep them out, for each alone was got past when
it was tried: the name of the host that was asked for (a site may point its own name at loopback), where a request that
changes something comes from, and a cookie that no other site's request carries.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost")
"""Names under which this machine knows itself."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and do: our own script, style sheet and page images, and nothing that stands in the page."""

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer, forms would send "Origin: null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_LOG = logging.getLogger("imr.desk")
_READING = frozenset({"GET", "HEAD"})
_UNKEPT = "/static/"


class Sessions:
    """Who has signed in. An address signs in once; then there is another, which `announce` is told.

    Secrets are kept as hashes, and for as long as the process lives.
    """

    def __init__(self, announce: Callable[[str], object]) -> None:
        self._announce = announce
        self._invitation = b""
        self._sessions: set[bytes] = set()
        self._one_at_a_time = threading.Lock()

    def invite(self) -> None:
        """Make the address of the next sign-in, and announce it as a path: `/enter/…`."""
        token = secrets.token_urlsafe(24)
        self._invitation = _hashed(token)
        self._announce(f"/enter/{token}")

    def enter(self, token: str) -> str | None:
        """Give the secret of a new session for the token of the address; None where it is not the one that counts."""
        with self._one_at_a_time:
            if not secrets.compare_digest(_hashed(token), self._invitation):
                return None
            session = secrets.token_urlsafe(32)
            self._sessions.add(_hashed(session))
            self.invite()
        return session

    def known(self, session: str | None) -> bool:
        """Whether somebody has signed in with this secret."""
        hashed = _hashed(session or "")
        return any(secrets.compare_digest(hashed, each) for each in tuple(self._sessions))

    def leave(self, session: str | None) -> None:
        """End the session."""
        self._sessions.discard(_hashed(session or ""))


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def cookie_name(request: Request) -> str:
    """Name the cookie: cookies know no ports, and two desks may be open."""
    return f"imr_desk_{request.url.port or 80}"


def set_cookie(response: Response, request: Request, session: str) -> None:
    """Let the browser keep the session, until it is closed, from scripts and from other sites."""
    response.set_cookie(cookie_name(request), session, httponly=True, samesite="strict", path="/")


class Guard:
    """Middleware: says what pages may do, and refuses what another site's page sends to change something.

    What fails inside is told by its type alone, for messages may quote a letter. `refused` and `failed` make answers.
    """

    def __init__(self, app: ASGIApp, refused: Callable[[], Response], failed: Callable[[], Response]) -> None:
        self._app = app
        self._refused = refused
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if not scope["path"].startswith(_UNKEPT):
                    headers["cache-control"] = "no-store"
            await send(message)

        headers = Headers(scope=scope)
        allowed = scope["method"] in _READING or _is_own(headers)
        try:
            await (self._app if allowed else self._refused())(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001  whoever is asked next must not be told what it said
            _LOG.error("a page could not be made: %s", type(error).__name__)
            await self._failed()(scope, receive, guarded)


def _is_own(headers: Headers) -> bool:
    """Whether one of our own pages sent it. Browsers send `Origin` with every POST; a program can say so, too."""
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "same-origin")
    told = urlsplit(origin)
    return site == "same-origin" and told.scheme == "http" and told.netloc == headers.get("host", "")
