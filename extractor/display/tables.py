"""Answers about the database, as tables: what was found, what failed, how things stand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from extractor.display.clean import cleaned, one_line
from extractor.display.record import STYLES
from extractor.display.screen import Head, Screen
from extractor.store.overview import DatabaseStatus, FiledFailure, RunRow
from extractor.store.search import HIT_END, HIT_START, Found, Order, Page

if TYPE_CHECKING:
    from extractor.backlog import RunSummary
    from extractor.readers.model.prompts import Prompts


def show_summary(screen: Screen, summary: RunSummary, database: Path) -> None:
    """Show what a run did, and where its records are."""
    rate = f" ({summary.rate:,.0f} a second)" if summary.rate else ""
    parts = (
        (summary.extracted, f"read{rate}"),
        (summary.already, "already there"),
        (summary.renamed, "known under another name"),
        (summary.failed, "failed"),
        (summary.other_kinds, "no determinations"),
    )
    done = ", ".join(f"{count:,} {what}" for count, what in parts if count) or "nothing done"
    screen.line(
        f"{_plural(summary.found, 'file' if summary.other_kinds else 'letter')} in {_duration(summary.seconds)}: {done}"
    )
    if summary.made_current:
        screen.line(f"made current again: {summary.made_current:,} (imr history NAME: every record of a letter)")
    if summary.flagged:
        screen.line(f"flags on {summary.flagged:,} of the new records (imr status --db {database})")
    if summary.failures:
        counts = ", ".join(f"{name} {count:,}" for name, count in summary.failures.items())
        screen.line(f"failures: {counts} (imr failures --db {database})")
    if summary.requests:
        cost = f", ${summary.dollars:,.4f}" if summary.dollars is not None else ""
        screen.line(
            f"model: {_plural(summary.requests, 'reply' if summary.requests == 1 else 'replie')}, "
            f"{summary.input_tokens:,} tokens in ({summary.cached_input_tokens:,} cached), "
            f"{summary.output_tokens:,} out{cost}"
        )
    if summary.interrupted:
        screen.line(
            f"asked to stop: {_plural(summary.remaining, 'letter')} left; the same command goes on where this ended"
        )


_COUNTS = (
    ("found", "found"),
    ("read", "extracted"),
    ("already", "already"),
    ("renamed", "renamed"),
    ("failed", "failed"),
    ("other", "other_kinds"),
    ("left", "remaining"),
)
"""Columns of the table of runs, and what they count."""


def show_status(screen: Screen, status: DatabaseStatus) -> None:
    """Show counts over the whole database."""
    older = f", {status.older_records:,} older" if status.older_records else ""
    screen.line(
        f"{_plural(status.documents, 'document')} under {_plural(status.names, 'name')} · "
        f"{_plural(status.records, 'current record')}{older} · {_plural(status.decisions, 'decision')}"
    )
    _shares(screen, "Decisions", status.outcomes, "outcome")
    _shares(screen, "Layouts", status.layouts, "layout")
    _shares(
        screen, f"Flags on {status.flagged_records:,} of {status.records:,} records", status.flags, "code", shares=False
    )
    _shares(screen, "Open failures", status.failures, "class", shares=False)
    if status.other_kinds:
        screen.line(f"{_plural(status.other_kinds, 'file')} that are no determinations (imr failures lists them)")
    if status.used:
        screen.title("Models")
        names = ("letters", "requests", "tokens in", "cached", "tokens out", "seconds")
        screen.table(
            (Head("model"), *(Head(name, right=True) for name in names)),
            [
                (
                    one_line(used.model),
                    *(f"{n:,}" for n in (used.letters, used.requests, used.input_tokens, used.cached_input_tokens)),
                    *(f"{used.output_tokens:,}", f"{used.seconds:,.0f}"),
                )
                for used in status.used
            ],
        )
    if status.runs:
        screen.title("Latest runs")
        paid = any(run.requests for run in status.runs)
        again = any(run.made_current for run in status.runs)
        screen.table(
            (
                *(Head("run", right=True), Head("started"), Head("state"), Head("reader")),
                *(Head(name, right=True) for name, _ in _COUNTS),
                *([Head("made current", right=True)] if again else []),
                *([Head("cost", right=True)] if paid else []),
            ),
            [
                (
                    *(str(run.id), run.started_at[:19].replace("T", " "), _state(run), run.reader),
                    *(f"{getattr(run, count):,}" for _, count in _COUNTS),
                    *([f"{run.made_current:,}"] if again else []),
                    *([_paid(run)] if paid else []),
                )
                for run in status.runs
            ],
        )


def show_prompts(screen: Screen, prompts: Prompts) -> None:
    """Show what the model reader asks."""
    screen.line(f"prompts: {prompts.folder}")
    heads = (Head("name"), Head("version", right=True), Head("strategy"), Head("hash"), Head("characters", right=True))
    screen.table(
        (*heads, Head("made of", ratio=1), Head("examples")),
        [
            (
                *(prompt.name, str(prompt.version), prompt.strategy, prompt.sha256[:12], f"{len(prompt.text):,}"),
                ", ".join(prompt.variables) or "-",
                ", ".join(example.name for example in prompt.examples) or "-",
            )
            for prompt in prompts.by_name.values()
        ],
    )


def show_found(screen: Screen, found: Iterable[Found]) -> None:
    """Show several records that answer to one name."""
    screen.table(
        (
            Head("sha256"),
            Head("case"),
            Head("decided"),
            Head("layout"),
            Head("decisions", right=True),
            Head("file", ratio=1),
        ),
        [
            (f.sha256[:12], f.case_number or "-", f.decision_date or "-", f.layout, str(f.decisions), one_line(f.name))
            for f in found
        ],
    )


def show_failures(screen: Screen, failures: Iterable[FiledFailure]) -> int:
    """Show letters without a record, and return how many."""
    listed = list(failures)
    paid = any(f.requests for f in listed)
    rows = [
        (
            f.failure_class,
            f"{f.attempts}",
            *([_paid(f)] if paid else []),
            f.last_at[:19].replace("T", " "),
            one_line(_near(f.name) if f.place == f.name else f"{f.name} ({_near(f.place)})"),
            one_line(f.message),
        )
        for f in listed
    ]
    if rows:
        heads = (
            Head("class", style="red"),
            Head("tries", right=True),
            *([Head("cost", right=True)] if paid else []),
            Head("last"),
            Head("file", ratio=1),
            Head("why", ratio=1),
        )
        screen.table(heads, rows)
    return len(rows)


def _paid(used: FiledFailure | RunRow) -> str:
    """What requests to a model cost: dollars where the price is known, else tokens."""
    if used.dollars is not None:
        return f"${used.dollars:,.4f}"
    tokens = used.input_tokens + used.output_tokens
    return f"{tokens:,} tokens" if tokens else "-"


def show_hits(screen: Screen, page: Page) -> None:
    """Show how many decisions answer to a search, and the first of them with the words around the match."""
    for hit in page.hits:
        head = Text(f"{hit.case_number or hit.sha256[:12]} #{hit.decision_number} ", style="bold")
        head.append(hit.outcome or "outcome withheld", style=STYLES.get(hit.outcome or "", "red"))
        head.append(f"  {hit.decision_date or 'no date'}  ", style="dim")
        head.append(one_line(hit.heading or ""))
        screen.line(head)
        if hit.snippet:
            screen.line(_marked(hit.snippet), indent=4)
    if page.total:
        which = "best" if page.order is Order.RANK else "newest"
        of_all = "" if page.total == len(page.hits) else f"; the {len(page.hits):,} {which} are shown (--limit)"
        screen.line(Text(f"{page.total:,} decision{'s' if page.total > 1 else ''}{of_all}"))


def show_export(screen: Screen, counts: dict[str, int], folder: Path, ending: str) -> None:
    """Show what an export wrote."""
    screen.table(
        (Head("table"), Head("rows", right=True), Head("file")),
        [(name, f"{count:,}", str(folder / f"{name}.{ending}")) for name, count in counts.items()],
    )


def _shares(screen: Screen, title: str, counts: dict[str, int], head: str, *, shares: bool = True) -> None:
    if not counts:
        return
    total = sum(counts.values())
    screen.title(title)
    heads = (Head(head), Head("count", right=True), *([Head("share", right=True)] if shares else []))
    rows = [(name, f"{count:,}", *([f"{count / total:.1%}"] if shares else [])) for name, count in counts.items()]
    screen.table(heads, rows)


def _marked(snippet: str) -> Text:
    text = Text()
    for n, piece in enumerate(snippet.replace(HIT_END, HIT_START).split(HIT_START)):
        text.append(cleaned(piece.replace("\n", " ")), style="bold reverse" if n % 2 else "")
    return text


def _plural(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'s' * (count != 1)}"


def _state(run: RunRow) -> str:
    if run.state != "silent":
        return run.state
    return f"silent since {run.beat_at[:16].replace('T', ' ')}" if run.beat_at else "unknown"


def _near(name: str) -> str:
    """Give the path as seen from here, where that is shorter."""
    try:
        return str(Path(name).relative_to(Path.cwd()))
    except ValueError:
        return name


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
