"""Replies on disk: a recorder that keeps what a model says, and a model that says it again.

One file a request, named by the request's hash; a file is whole or absent.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast, get_args

from extractor.errors import ConfigurationError, RecorderBroken, RecordingMissing, defect
from extractor.model.seam import Finish, Model, Reply, Request
from extractor.records.record import Usage


def place_of(folder: Path, request: Request) -> Path:
    """Where the reply to a request is kept."""
    return folder / request.sha256[:2] / f"{request.sha256}.json"


def save(folder: Path, request: Request, reply: Reply) -> None:
    """Keep a reply; a process killed at any instant leaves no half file."""
    path = place_of(folder, request)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "purpose": request.purpose,
        "requested_model": request.model,
        **asdict(replace(reply, usage=Usage())),
        "usage": reply.usage.model_dump(),
    }
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        # A model may write half a surrogate pair; json reads it back.
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Recorder:
    """Asks another model and keeps each reply."""

    def __init__(self, model: Model, folder: Path, *, known: Recorded | None = None) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"replies cannot be kept in {str(folder)!r}: {error.strerror}") from error
        self._model = model
        self._folder = folder
        self._known = known

    async def complete(self, request: Request) -> Reply:
        """Ask, keep, pass on; what is known already is not asked again. Errors are not kept: they are no replies."""
        if self._known is not None:
            with contextlib.suppress(RecordingMissing):
                return await self._known.complete(request)
        reply = await self._model.complete(request)
        try:
            save(self._folder, request, reply)
        except OSError as error:
            raise RecorderBroken(f"replies cannot be kept in {str(self._folder)!r}: {error.strerror}") from error
        return reply

    async def aclose(self) -> None:
        """Close the other model."""
        await self._model.aclose()


class Recorded:
    """Says again what was recorded. It never asks anybody."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigurationError(f"there is no folder of recordings {str(folder)!r}: make one with --record")
        self._folder = folder

    async def complete(self, request: Request) -> Reply:
        """Find the recording.

        Raises:
            RecordingMissing: there is none, or it cannot be read; the message names it.

        """
        path = place_of(self._folder, request)
        try:
            kept = json.loads(path.read_bytes())
            if kept["finish"] not in get_args(Finish) or not isinstance(kept["text"], str | None):
                raise ValueError("it is no reply")  # noqa: TRY301  reported like every other fault of the file
            return Reply(
                text=kept["text"],
                finish=cast(Finish, kept["finish"]),
                model=kept["model"],
                usage=Usage.model_validate(kept["usage"]),
                seconds=float(kept["seconds"]),
                raw=kept["raw"] or kept["text"] or "",
                paid=False,
            )
        except FileNotFoundError:
            raise RecordingMissing(
                f"no recording of request {request.sha256[:12]} ({request.purpose}, model {request.model!r}) "
                f"in {str(self._folder)!r}: the letter, the prompt or the settings changed; record it with --record"
            ) from None
        except OSError as error:
            raise RecordingMissing(f"recording {str(path)!r} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:  # what it holds may be the letter's words
            raise RecordingMissing(f"recording {str(path)!r} cannot be read: {defect(error)}") from None

    async def aclose(self) -> None:
        """Nothing is held."""
