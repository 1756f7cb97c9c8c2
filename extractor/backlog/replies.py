"""Replies that the database keeps of requests to a model: what was paid for is not paid for twice."""

from __future__ import annotations

from collections.abc import Callable

from extractor.errors import ModelError
from extractor.model import Reply, Request
from extractor.model.wire import kept_reply
from extractor.store import Store


class KeptReplies:
    """Looks up what a model once replied: `KeptReplies(store)(request)`; a `Known` of `extractor.model`.

    Args:
        store: The database.
        usable: Give only replies that were answers. Whoever asks wants that, for a model that refused may answer the
            next time; whoever asks nobody takes what there is.

    """

    def __init__(self, store: Store, *, usable: bool = True) -> None:
        self._store = store
        self._usable = usable

    def __call__(self, request: Request) -> Reply | None:
        """The reply; None where there was none, or it cannot be read."""
        kept = self._store.reply(request.sha256, usable=self._usable)
        return None if kept is None else kept_reply(kept)


class NotAsked:
    """Stands in for a model where no request may be sent now.

    Args:
        why: Makes the error of a request; it is the place to note the request, too.

    """

    def __init__(self, why: Callable[[Request], ModelError]) -> None:
        self._why = why

    async def complete(self, request: Request) -> Reply:
        """Raise."""
        raise self._why(request)

    async def aclose(self) -> None:
        """Nothing is held."""
