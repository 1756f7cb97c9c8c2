"""Running the desk on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn

from desk.app import make_app
from extractor.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8747


def serve(database: Path, host: str, port: int, tell: Callable[[str], object]) -> None:
    """Serve until interrupted; `tell` is told the address that signs in, and the next one whenever it was used.

    Raises:
        ConfigurationError: the address is not this machine's own, or the port is taken.
        StoreError: it is no database of ours.

    """
    check_host(host)
    with _bound(port) as listening:
        address = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        app = make_app(database, lambda path: tell(f"{address}{path}"))
        # No log of requests: it would hold the addresses that sign in, and who looked at which case.
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off")
        with suppress(KeyboardInterrupt):  # how one ends it
            uvicorn.Server(config).run(sockets=[listening])


def check_host(host: str) -> None:
    """Refuse every address but loopback.

    Raises:
        ConfigurationError: it is another.

    """
    if host not in (LOOPBACK, "localhost"):
        raise ConfigurationError(
            f"{host!r} is not this machine's own address: the desk serves {LOOPBACK} alone, for now, since whoever "
            "reaches it can read letters"
        )


def _bound(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"port {port} cannot be used ({error.strerror}): name another with --port, or 0 for any"
        ) from error
    return listening
