"""Who gets in, from where, and what pages may do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from desk_database import HOST, Desk
from starlette.testclient import TestClient

from desk.cli import group

PATHS = ("/", "/?q=naproxen", "/letters/CM16-0100001", "/sheets/abcdef/1.png")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_without_signing_in(desk: Desk, path: str) -> None:
    stranger = desk.browser(signed_in=False)
    for cookie in ("", "imr_desk_8747=", "imr_desk_8747=guessed"):
        answer = stranger.get(path, headers={"cookie": cookie} if cookie else {})
        assert answer.status_code == 401
        assert "CM16" not in answer.text.replace("/letters/CM16-0100001", "")


def test_an_address_signs_in_once(desk: Desk) -> None:
    client = desk.browser(signed_in=False)
    first = desk.announced[-1]
    assert client.head(first).status_code == 405, "what only looks whether a link is there does not use it up"
    entered = client.get(first)
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/").status_code == 200
    client.cookies.clear()
    assert client.get(first).status_code == 403
    assert client.get("/").status_code == 401
    assert desk.announced[-1] != first
    assert client.get(desk.announced[-1]).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8747", "127.0.0.1.evil.example:8747", "192.168.1.5"])
def test_another_name_for_this_machine_reads_nothing(client: TestClient, host: str) -> None:
    """DNS rebinding: the browser takes the page's own name for ours, and everything else fits."""
    answer = client.get("/", headers={"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"})
    assert answer.status_code == 400
    posted = client.post("/leave", headers={"host": host, "origin": f"http://{host}"})
    assert posted.status_code == 400
    assert client.get("/").status_code == 200, "still signed in"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:8747"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": HOST, "sec-fetch-site": "cross-site"},
        {"origin": HOST, "sec-fetch-site": "same-site"},
        {"origin": HOST, "sec-fetch-site": "none"},
    ],
)
def test_a_forged_form_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/leave", headers=headers).status_code == 403
    assert client.get("/").status_code == 200


def test_signing_out(client: TestClient) -> None:
    kept = dict(client.cookies)
    assert client.post("/leave", headers={"origin": HOST, "sec-fetch-site": "same-origin"}).status_code == 200
    client.cookies.update(kept)
    assert client.get("/").status_code == 401, "the session has ended, not the cookie alone"


@pytest.mark.parametrize("path", [*PATHS, "/static/desk.js", "/nothing", "/enter/guessed"])
def test_every_answer_says_what_it_may_do(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[each] for each in ("script-src", "style-src", "img-src", "form-action")} == {"'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


@pytest.mark.parametrize("path", ["/", "/?q=naproxen", "/letters/CM16-0100001", "/letters/CM16-0500377?view=pages"])
def test_nothing_inline(client: TestClient, path: str) -> None:
    text = client.get(path).text
    assert "<style" not in text
    assert " style=" not in text
    assert text.count("<script") == text.count('<script src="/static/desk.js" defer></script>') == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "::"])  # noqa: S104
def test_only_loopback_is_served(database: Path, host: str) -> None:
    ran = CliRunner().invoke(group, ["--db", str(database), "--host", host])
    assert ran.exit_code == 2
    assert "127.0.0.1 alone" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    ran = CliRunner().invoke(group, ["--db", str(tmp_path / "no.db"), "--port", "0"])
    assert ran.exit_code == 3
    assert "there is no database" in ran.stderr


def test_what_fails_tells_no_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("words of a letter")

    monkeypatch.setattr("desk.app.open_letter", fail)
    answer = client.get("/letters/CM16-0100001")
    assert answer.status_code == 500
    assert answer.headers["cache-control"] == "no-store"
    assert "ValueError" in caplog.text
    assert "words of a letter" not in caplog.text + answer.text
    assert client.get("/").status_code == 200


def test_a_mail_s_link_can_be_opened_again(desk: Desk) -> None:
    """Browsers hold a strict cookie back when a link of another site is followed; from our own page they send it."""
    answer = desk.browser(signed_in=False).get("/letters/%22%3E%3Cscript%3E")
    assert 'href="/letters/&#34;&gt;&lt;script&gt;"' in answer.text
    assert "<script>" not in answer.text
