"""The command group `imr eval` (and `python -m eval`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.errors import ConfigurationError, ImrError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from eval.judging.result import RunResult

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
PROBLEMS = 12
"""Exit code of `lint` where it found something."""


BROKEN = 13
"""Exit code of `metamorphic` where a relation is broken."""


EXTRA = ("deepdiff", "jinja2", "numpy", "scipy")
"""What only the evaluation needs: the extra `eval`, 218 MB (216 of them numpy and scipy)."""


class ReaderError(ImrError):
    """A reader gave no record for any letter."""


class _Commands(click.Group):
    """Shows our own errors as one sentence, with their exit code; a package of the extra that is not there, too."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ImrError as error:
            self._stop(ctx, error)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in EXTRA:
                raise
            self._stop(ctx, ConfigurationError(f"{missing} is not installed: pip install 'imr-extractor[eval]'"))
        return None

    def _stop(self, ctx: click.Context, error: ImrError) -> None:
        click.echo(f"imr eval: {error}", err=True)
        ctx.exit(error.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def group() -> None:
    """Measure how right a reader is, field by field, with honest uncertainty."""


gold_option = click.option(
    "--gold", "folder", type=_FOLDER, default=Path("gold"), show_default=True, help="Folder of letters and references."
)


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line.rstrip())


@group.command()
@gold_option
@click.option("--split", type=click.Choice(["dev", "test", "all"]), default="dev", show_default=True)
@click.option(
    "--reader", "readers", default="rules", show_default=True, help="rules, or module:function; 'a,b' runs both."
)
@click.option("--records", type=_FOLDER, help="Grade a folder of record JSON files instead of a reader.")
@click.option("--out", type=_FILE, help="Write the result as JSON (with two readers, one file each).")
@click.option("--html", "page", type=_FILE, help="Write one self-contained page: figures, errors, the letters' words.")
@click.option("--prices", type=_FILE, help="Price table (TOML) for readers that use a model.")
@click.option("--draws", type=click.IntRange(min=100), default=2000, show_default=True, help="Resamples of documents.")
@click.option("--seed", type=int, default=20160101, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Letters read at a time.")
def run(
    folder: Path,
    split: str,
    readers: str,
    records: Path | None,
    out: Path | None,
    page: Path | None,
    prices: Path | None,
    draws: int,
    seed: int,
    workers: int,
) -> None:
    """Grade a reader on gold letters."""
    from eval.figures.uncertainty import Sampling  # noqa: PLC0415
    from eval.judging.costs import costs, load_prices  # noqa: PLC0415 - numpy takes its time: not for --help
    from eval.judging.grading import grade, grade_folder  # noqa: PLC0415
    from eval.judging.result import save_run  # noqa: PLC0415
    from eval.labelling.gold import Split, load_gold  # noqa: PLC0415
    from eval.readers import reader_named  # noqa: PLC0415
    from eval.report.page import write_report  # noqa: PLC0415
    from eval.report.screen import run_screen  # noqa: PLC0415

    gold = load_gold(folder, None if split == "all" else Split(split))
    known: dict[str, JsonValue] = {
        "gold": str(folder),
        "split": split,
        "gold_sha256": gold.sha256,
        "frozen": gold.manifest is not None,
    }
    sampling, table = Sampling(draws, seed), load_prices(prices)
    results: list[RunResult] = []
    if records is not None:
        results.append(grade_folder(records, gold.cases, configuration=known, sampling=sampling))
    else:
        for name in readers.split(","):
            results.append(
                grade(
                    reader_named(name),
                    gold.cases,
                    name=name,
                    configuration=known,
                    sampling=sampling,
                    workers=workers,
                )
            )
    if gold.drafts:
        click.echo(f"{len(gold.drafts)} drafts do not count until a person has confirmed them", err=True)
    for index, result in enumerate(results):
        if index:
            click.echo()
        _show(run_screen(result, costs(result, table)))
        suffix = f".{result.reader.replace(':', '-')}" if len(results) > 1 else ""
        if out is not None:
            target = out.with_name(f"{out.stem}{suffix}{out.suffix}")
            save_run(result, target)
            click.echo(f"result: {target}")
        if page is not None:
            target = page.with_name(f"{page.stem}{suffix}{page.suffix}")
            write_report(result, target, folder, costs=costs(result, table))
            click.echo(f"page: {target}")
    if any(all(row.failure for row in result.documents.values()) for result in results):
        raise ReaderError("every letter failed: this says something about the reader, not about its accuracy")


@group.command()
@click.argument("run_file", metavar="RUN.json", type=_FILE)
@click.argument("page", metavar="PAGE.html", type=_FILE)
@gold_option
@click.option("--prices", type=_FILE, help="Price table (TOML) for readers that use a model.")
@click.option(
    "--reveal-test", is_flag=True, help="Show the errors of test letters too: they can then not be test again."
)
def report(run_file: Path, page: Path, folder: Path, prices: Path | None, reveal_test: bool) -> None:
    """Turn a saved run into one self-contained HTML page."""
    from eval.judging.costs import costs, load_prices  # noqa: PLC0415
    from eval.judging.result import load_run  # noqa: PLC0415
    from eval.report.page import write_report  # noqa: PLC0415

    result = load_run(run_file)
    write_report(result, page, folder, costs=costs(result, load_prices(prices)), reveal_test=reveal_test)
    click.echo(f"page: {page}")


@group.command()
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option("--out", type=_FILE, help="Write the comparison as JSON.")
def compare(a: Path, b: Path, out: Path | None) -> None:
    """Compare two runs of the same letters: B against A."""
    from eval.judging.comparison import compare_runs  # noqa: PLC0415
    from eval.judging.result import load_run  # noqa: PLC0415
    from eval.report.screen import compare_screen  # noqa: PLC0415

    found = compare_runs(load_run(a), load_run(b))
    _show(compare_screen(found))
    if out is not None:
        out.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")


@group.command()
@click.argument("run_file", metavar="RUN.json", type=_FILE)
@click.option("--baseline", type=_FILE, help="Run to compare with; without it, floors are asked for.")
@click.option("--limits", "limits_file", type=_FILE, help="TOML with the tables margins and floors.")
@click.pass_context
def gate(ctx: click.Context, run_file: Path, baseline: Path | None, limits_file: Path | None) -> None:
    """Say pass (exit 0), regress (10) or inconclusive (11)."""
    from eval.judging.gate import gate as judge  # noqa: PLC0415
    from eval.judging.gate import load_limits  # noqa: PLC0415
    from eval.judging.result import load_run  # noqa: PLC0415
    from eval.report.screen import gate_screen  # noqa: PLC0415

    result = judge(load_run(run_file), load_run(baseline) if baseline else None, load_limits(limits_file))
    _show(gate_screen(result))
    ctx.exit(result.exit_code)


@group.command()
@click.argument("run_file", metavar="RUN.json", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def confidence(run_file: Path, as_json: bool) -> None:
    """Show whether the confidence of values tells right ones from wrong ones."""
    from eval.judging.certainty import certainty  # noqa: PLC0415
    from eval.judging.result import load_run  # noqa: PLC0415
    from eval.report.screen import certainty_screen  # noqa: PLC0415

    found = certainty(load_run(run_file))
    _show([found.model_dump_json(indent=1)] if as_json else certainty_screen(found))


@group.command()
@click.argument("a", type=_FOLDER)
@click.argument("b", type=_FOLDER)
@click.option("--out", type=_FILE, help="Write the agreement as JSON, every disagreement named.")
def agreement(a: Path, b: Path, out: Path | None) -> None:
    """Measure how far two labellers agree (two gold folders)."""
    from eval.figures.uncertainty import Sampling  # noqa: PLC0415
    from eval.labelling.agreement import agreement as measure  # noqa: PLC0415
    from eval.report.screen import agreement_screen  # noqa: PLC0415

    found = measure(a, b, Sampling())
    _show(agreement_screen(found))
    if out is not None:
        out.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")


@group.command()
@gold_option
@click.option("--freeze", "freezing", is_flag=True, help="Write the manifest anew where nothing else is wrong.")
@click.option(
    "--suspects", "reader", metavar="READER", help="Also list labels that this reader's answers speak against."
)
@click.option(
    "--split", type=click.Choice(["dev", "test", "all"]), default="dev", help="Where suspects are looked for."
)
@click.pass_context
def lint(ctx: click.Context, folder: Path, freezing: bool, reader: str | None, split: str) -> None:
    """Check a gold folder: hashes, form, places, closed lists, splits. Exit 12 where something is wrong."""
    from eval.judging.suspects import suspects  # noqa: PLC0415
    from eval.labelling.gold import Split, freeze, load_gold  # noqa: PLC0415
    from eval.labelling.lint import lint as check  # noqa: PLC0415
    from eval.readers import reader_named  # noqa: PLC0415

    problems = check(folder)
    if freezing:
        problems = [one for one in problems if one.code not in ("hash", "not_frozen")]
        if not problems:
            manifest = freeze(folder)
            click.echo(f"froze {len(manifest.cases)} cases")
    for one in problems:
        click.echo(f"{one.case or '(set)'} {one.pointer} {one.code}: {one.message}")
    if reader is not None and not problems:
        gold = load_gold(folder, None if split == "all" else Split(split))
        for one in suspects(list(gold.cases), reader_named(reader)):
            click.echo(f"{one.case} {one.pointer} {one.code}: {one.message}")
    click.echo(f"{len(problems)} problems")
    if problems:
        ctx.exit(PROBLEMS)


@group.command()
@click.argument("folder", type=_FOLDER)
@click.option("--reader", default="rules", show_default=True, help="Fills the drafts.")
def init(folder: Path, reader: str) -> None:
    """Prepare a folder of letters as gold: drafts that do not count until a person has confirmed them."""
    from eval.labelling.prepare import prepare  # noqa: PLC0415
    from eval.readers import reader_named  # noqa: PLC0415

    if not folder.is_dir():
        raise ConfigurationError(f"{str(folder)!r} is no folder: put the letters into one")
    written, troubles = prepare(folder, reader_named(reader))
    for name, why in troubles.items():
        click.echo(f"{name}: {why}", err=True)
    click.echo(
        f"{len(written)} drafts in {folder / 'references'}: correct each, then set its status to confirmed "
        f"and run `imr eval lint --gold {folder} --freeze`"
    )


@group.command()
@click.option(
    "--letters", "folders", type=_FOLDER, multiple=True, help="Folder of letters or of gold; may be given repeatedly."
)
@click.option("--reader", default="rules", show_default=True, help="rules, or module:function.")
@click.option("--only", multiple=True, metavar="WORDS", help="Only relations whose name holds these words.")
@click.option("--out", type=_FILE, help="Write the result as JSON, every broken variant named.")
@click.pass_context
def metamorphic(
    ctx: click.Context, folders: tuple[Path, ...], reader: str, only: tuple[str, ...], out: Path | None
) -> None:
    """Rewrite letters and see whether the records follow; needs no labels.

    Swapped outcomes must swap, lost paragraphs must be lost, and new line breaks, page furniture or instructions put
    into the text must change nothing. Without --letters: docs/samples and the dev letters of gold. Exit 13 where a
    relation is broken.
    """
    from eval.labelling.gold import Split, load_gold  # noqa: PLC0415
    from eval.metamorphic.relations import RELATIONS  # noqa: PLC0415
    from eval.metamorphic.suite import letters_in, texts_of, try_relations  # noqa: PLC0415
    from eval.readers import reader_named  # noqa: PLC0415
    from eval.report.screen import metamorphic_screen  # noqa: PLC0415

    if folders:
        paths = [path for folder in folders for path in letters_in(folder)]
    else:
        paths = [*letters_in(Path("docs/samples")), *(case.letter for case in load_gold(Path("gold"), Split.DEV).cases)]
    wanted = [one for one in RELATIONS if not only or any(words in one.name for words in only)]
    if not wanted:
        raise ConfigurationError(f"no relation is named so; there are: {', '.join(one.name for one in RELATIONS)}")
    texts, troubles = texts_of(paths)
    for name, why in troubles.items():
        click.echo(f"{name}: {why}", err=True)
    result = try_relations(reader_named(reader), texts, name=reader, relations=wanted)
    _show(metamorphic_screen(result))
    if out is not None:
        out.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if result.broken:
        ctx.exit(BROKEN)
