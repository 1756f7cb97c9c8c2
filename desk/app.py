"""The addresses of the desk, and what answers them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from desk import pages
from desk.letter import Letter, file_of, open_letter
from desk.safety import HOSTS, Guard, Sessions, cookie_name, set_cookie
from desk.shelf import Asked, Shelf
from extractor.documents.sheets import picture, sheets
from extractor.errors import ConfigurationError, RecordDamaged, RecordNotFound, StoreError
from extractor.records.determination import Category, OverallOutcome

_TYPES = {"desk.css": "text/css", "desk.js": "text/javascript", "desk.svg": "image/svg+xml"}
_MOST_HITS = 50
_LONGEST_QUERY = 200
_SIGN_IN = "This browser is not signed in. The desk prints an address that signs one in where it was started."


def make_app(database: Path, announce: Callable[[str], object]) -> Starlette:
    """Make the application.

    Args:
        database: What `imr run` has written. Each request opens it for reading, in a thread of its own.
        announce: Is told the path that signs in the next browser; it serves once.

    Raises:
        StoreError: it is no database of ours.

    """
    with Shelf(database):
        pass
    sessions = Sessions(announce)
    desk = _Desk(database, sessions)
    app = Starlette(
        routes=[
            Route("/", desk.listing),
            Route("/letters/{name:path}", desk.letter),
            Route("/sheets/{sha256}/{number:int}.png", desk.sheet),
            Route("/enter/{token}", desk.enter),
            Route("/leave", desk.leave, methods=["POST"]),
            Route("/static/{name}", desk.static),
        ],
        middleware=[
            Middleware(
                Guard,
                refused=lambda: _message(403, "This request did not come from a page of the desk."),
                failed=lambda: _message(500, "This page could not be made. The rest of the desk goes on."),
            ),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS)),
        ],
        exception_handlers={
            HTTPException: _told,
            StoreError: _no_record,
            ConfigurationError: lambda _, error: _message(400, str(error)),
        },
    )
    sessions.invite()
    return app


class _Desk:
    """What answers; each method in a thread."""

    def __init__(self, database: Path, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def listing(self, request: Request) -> Response:
        """Letters, newest decision first; or what a search finds."""
        self._check(request)
        query = request.query_params.get("q", "").strip()[:_LONGEST_QUERY]
        asked = Asked.of(dict(request.query_params))
        with Shelf(self._database) as shelf:
            years = shelf.years()
            named = _named(shelf, query) if query else ""
            if named:
                return RedirectResponse(f"/letters/{quote(named, safe='')}", 303)
            found = shelf.search(query, asked.filters, limit=_MOST_HITS) if query else None
            letters, after = ([], "") if query else shelf.listed(asked)
        kept = {name: value for name, value in asdict(asked).items() if value and name != "after"}
        return _page(
            "listing.html",
            query=query,
            asked=asked,
            letters=letters,
            found=found,
            older=urlencode({**kept, "after": after}) if after else "",
            years=years,
            outcomes=[str(each) for each in OverallOutcome],
            categories=[str(each) for each in Category],
        )

    def letter(self, request: Request) -> Response:
        """One letter beside its record: as text, or with `?view=pages` as the pages of its PDF."""
        self._check(request)
        wanted = request.query_params.get("view") == "pages"
        with Shelf(self._database) as shelf:
            letter = open_letter(shelf, request.path_params["name"])
            is_pdf = letter.record.document.media_type == "application/pdf"
            data = file_of(shelf, letter.record) if is_pdf else None
        shown = self._sheets(letter, data) if data is not None and wanted else None
        return _page(
            "letter.html",
            view="pages" if shown else "text",
            is_pdf=is_pdf,
            at_hand=data is not None,
            **pages.letter_values(letter, lines=not shown, sheets=shown),
        )

    def sheet(self, request: Request) -> Response:
        """The picture of a page."""
        self._check(request)
        with Shelf(self._database) as shelf:
            record = shelf.load(shelf.find(request.path_params["sha256"])[0].record_id)
            data = file_of(shelf, record)
        drawn = picture(data, request.path_params["number"] - 1) if data is not None else None
        if drawn is None:
            raise HTTPException(404, "There is no such page.")
        return Response(drawn, media_type="image/png")

    def enter(self, request: Request) -> Response:
        """Sign in by the address that was printed."""
        if request.method == "HEAD":  # programs that only look whether a link leads anywhere would use it up
            raise HTTPException(405, "This address is to be opened.")
        session = self._sessions.enter(request.path_params["token"])
        if session is None:
            return _message(403, "This address has been used, or was never given. The next one stands in the terminal.")
        response = RedirectResponse("/", 303)
        set_cookie(response, request, session)
        return response

    def leave(self, request: Request) -> Response:
        """Sign out."""
        self._check(request)
        self._sessions.leave(request.cookies.get(cookie_name(request)))
        response = _message(200, "You have signed out. The next address that signs in stands in the terminal.")
        response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="strict")
        return response

    def static(self, request: Request) -> Response:
        """Our style sheet and script; they tell nothing, and need no session."""
        name = request.path_params["name"]
        if name not in _TYPES:
            raise HTTPException(404, "There is nothing here.")
        return Response(pages.static(name), media_type=_TYPES[name], headers={"cache-control": "no-cache"})

    def _check(self, request: Request) -> None:
        if not self._sessions.known(request.cookies.get(cookie_name(request))):
            raise HTTPException(401, _SIGN_IN)

    def _sheets(self, letter: Letter, data: bytes) -> list[pages.ShownSheet]:
        first = letter.text.count("\f", 0, letter.pages[0].start)
        texts = {first + n: page.of(letter.text) for n, page in enumerate(letter.pages)}
        return pages.shown_sheets(letter, sheets(data, texts), first)


def _named(shelf: Shelf, query: str) -> str:
    """Give the name under which a letter is found, where the query is its case number, file name or hash."""
    if not re.search(r"[\d.]", query):
        return ""  # words: no name is looked for among all there are
    try:
        found = shelf.find(query)
    except RecordNotFound:
        return ""
    return query if len(found) > 1 else found[0].sha256[:16]


def _page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(pages.render(template, **values))


def _message(status: int, sentence: str, again: str = "") -> HTMLResponse:
    return HTMLResponse(pages.render("message.html", sentence=sentence, again=again), status)


def _told(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = error.detail if isinstance(error, HTTPException) else ""
    # From a link in a mail, browsers hold the cookie back the first time; from a page of ours they send it.
    again = request.url.path if status == 401 and request.method == "GET" else ""
    return _message(status, sentence, again)


def _no_record(_: Request, error: Exception) -> Response:
    if isinstance(error, RecordDamaged):
        return _message(500, "What is kept of this record is not what was saved: read the letter again.")
    return _message(404 if isinstance(error, RecordNotFound) else 503, str(error))
