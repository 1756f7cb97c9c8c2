"""The process in which `read_partition` has letters read. Run as `python -m extractor.cluster.child FD`.

It is sent a `Job` and then lists of numbered letters, and answers with tuples of three
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
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.cluster.job import Job, TableRow, as_failure, as_record, digest, source_of
from extractor.documents import read_document
from extractor.endings import FailedLetter, await_one, read_one
from extractor.errors import ImrError
from extractor.readers.model import Session
from extractor.reading.letter import Reading, read, read_in

if TYPE_CHECKING:
    from extractor.documents import Document

Say = Callable[[str, Any, Any], None]
Numbered = list[tuple[int, TableRow]]

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
            ended = read_one(partial(_by_rules_one, letter, job), letter["name"], partial(digest, letter))
            say("row", number, _row(ended, job))

    return work


def _by_rules_one(letter: TableRow, job: Job) -> TableRow:
    document = _document(letter, job)
    return as_record(letter["name"], document, Reading(read(document, job.configuration, limits=job.limits)))


def _by_model(job: Job, say: Say) -> Callable[[Numbered], None]:
    settings = job.configuration.model
    if settings is None:
        raise ValueError("the configuration names no model")
    loop = asyncio.new_event_loop()
    endpoint = job.endpoint_here()

    async def opened() -> Session:
        return Session(settings, endpoint)

    session = loop.run_until_complete(opened())
    room = asyncio.Semaphore(endpoint.in_flight * _AHEAD)
    troubles: list[ImrError] = []

    async def read_letter(number: int, letter: TableRow) -> TableRow:
        say("at", number, None)
        document = _document(letter, job)
        say("past", number, None)
        reading = await read_in(session, document, job.configuration, limits=job.limits)
        return as_record(letter["name"], document, reading)

    async def one(number: int, letter: TableRow) -> None:
        async with room:
            if troubles:
                return
            try:
                ended = await await_one(read_letter(number, letter), letter["name"], partial(digest, letter))
            except ImrError as error:
                troubles.append(error)
            else:
                say("row", number, _row(ended, job))

    async def every(letters: Numbered) -> None:
        await asyncio.gather(*(one(number, letter) for number, letter in letters))

    def work(letters: Numbered) -> None:
        loop.run_until_complete(every(letters))
        if troubles:
            raise troubles[0]

    return work


def _row(ended: TableRow | FailedLetter, job: Job) -> TableRow:
    return as_failure(ended, job.configuration.sha256) if isinstance(ended, FailedLetter) else ended


def _document(letter: TableRow, job: Job) -> Document:
    name = letter["name"]
    title = letter.get("title") or Path(name).name or name
    return read_document(source_of(letter), name=title, limits=job.limits)


if __name__ == "__main__":
    main(int(sys.argv[1]))
