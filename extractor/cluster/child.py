"""The process in which `read_partition` has letters read. Run as `python -m extractor.cluster.child FD`.

It is told a `Job` and then lists of numbered letters, and says, as tuples of three
    at, NUMBER, None      this letter is being read: if nothing more comes, it is the one
    past, NUMBER, None    it is text by now, and waits for a model with others
    row, NUMBER, ROW      its result
    done, None, None      the list is at its end
    error, ERROR, None    nothing can be read: settings, or a model's endpoint that serves nobody
It ends when the channel does.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.cluster.job import Job, Row, as_record, failed, source_of
from extractor.documents import read_document
from extractor.errors import ImrError, ServiceError
from extractor.prompted import Session
from extractor.reading import Reading, read, read_in

if TYPE_CHECKING:
    from extractor.documents import Document

Say = Callable[[str, Any, Any], None]
Numbered = list[tuple[int, Row]]

_AHEAD = 2
"""Letters under way for each request that may be open: while some are grounded, others wait for the model."""


def main(descriptor: int) -> None:
    """Read until there is nobody left to read for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us; the channel ends with them
    channel = Connection(descriptor)

    def say(kind: str, first: Any, second: Any) -> None:
        channel.send((kind, first, second))

    try:
        job: Job = channel.recv()
        try:
            work = _by_rules(job, say) if job.configuration.model is None else _by_model(job, say)
        except ImrError as error:
            channel.send(error)
            return
        gc.freeze()  # what is loaded now lives as long as the process: the collector need not walk it again
        channel.send("ready")
        while True:
            letters: Numbered = channel.recv()
            try:
                work(letters)
            except ImrError as error:
                say("error", error, None)
            else:
                say("done", None, None)
    except (EOFError, OSError):
        return


def _by_rules(job: Job, say: Say) -> Callable[[Numbered], None]:
    def work(letters: Numbered) -> None:
        for number, letter in letters:
            say("at", number, None)
            try:
                document = _document(letter, job)
                row = as_record(letter["name"], document, Reading(read(document, job.configuration, limits=job.limits)))
            except Exception as error:  # noqa: BLE001  one letter's defect must not end the others; it is filed with its kind
                row = failed(letter, job.configuration.sha256, error)
            say("row", number, row)

    return work


def _by_model(job: Job, say: Say) -> Callable[[Numbered], None]:
    settings = job.configuration.model
    if settings is None:
        raise ValueError("the configuration names no model")
    loop = asyncio.new_event_loop()
    service = job.service_here()

    async def opened() -> Session:
        return Session(settings, service)

    session = loop.run_until_complete(opened())
    room = asyncio.Semaphore(service.in_flight * _AHEAD)
    troubles: list[ServiceError] = []

    async def one(number: int, letter: Row) -> None:
        async with room:
            if troubles:
                return
            try:
                say("at", number, None)
                document = _document(letter, job)
                say("past", number, None)
                row = as_record(
                    letter["name"], document, await read_in(session, document, job.configuration, limits=job.limits)
                )
            except ServiceError as error:
                troubles.append(error)
                return
            except Exception as error:  # noqa: BLE001  as above
                row = failed(letter, job.configuration.sha256, error)
            say("row", number, row)

    async def every(letters: Numbered) -> None:
        await asyncio.gather(*(one(number, letter) for number, letter in letters))

    def work(letters: Numbered) -> None:
        loop.run_until_complete(every(letters))
        if troubles:
            raise troubles[0]

    return work


def _document(letter: Row, job: Job) -> Document:
    name = letter["name"]
    title = letter.get("title") or Path(name).name or name
    return read_document(source_of(letter), name=title, limits=job.limits)


if __name__ == "__main__":
    main(int(sys.argv[1]))
