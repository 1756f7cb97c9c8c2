"""`imr learn`: from labelled letters what rules cannot spell."""

from __future__ import annotations

from pathlib import Path

import click

_PATHS = click.Path(exists=True, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(name="learn")
def command() -> None:
    """Learn from labelled letters. Needs the extra `learn`; reading needs none."""


@command.command()
@click.argument("labelled", nargs=-1, type=_PATHS)
@click.option(
    "--from-db",
    "database",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Take a model's reasons in this database for labels.",
)
@click.option("--out", type=_FILE, required=True, help="Where the weights go.")
def reasons(labelled: tuple[Path, ...], database: Path | None, out: Path) -> None:
    """Learn by which words reviewers give their reasons, from LABELLED and from a database.

    LABELLED are tables of sentences (*.tsv: rationale, outcome, reasons, sentence), folders of them, and gold folders
    (their development half). What is printed was measured on letters left out while the rest was learnt from. To read
    with the weights, put them in the place of extractor/data/reason_weights.tsv.
    """
    try:
        from extractor.learning.reasons import learn, table  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        from extractor.errors import ConfigurationError  # noqa: PLC0415

        raise ConfigurationError("learning needs scikit-learn: pip install 'imr-extractor[learn]'") from error
    from extractor.learning.labelled import labelled as read_labelled  # noqa: PLC0415
    from extractor.learning.labelled import of_database  # noqa: PLC0415

    rationales = read_labelled(labelled)
    if database is not None:
        rationales += of_database(database)
    learnt = learn(rationales)
    out.write_text(table(learnt.weights), encoding="utf-8")
    sentences = sum(len(each.sentences) for each in rationales)
    letters = len({each.letter for each in rationales})
    click.echo(f"{len(rationales):,} rationales of {letters:,} letters, {sentences:,} sentences")
    for name, score in (("cues alone", learnt.by_cues), ("with weights", learnt.score)):
        click.echo(f"{name:12}  F1 {score.f1:.3f}  precision {score.precision:.3f}  recall {score.recall:.3f}")
    for least in (0.9, 0.8, 0.5):
        right, said = learnt.right_of(least)
        click.echo(f"said with {least} and more: {right:,} of {said:,} right")
    click.echo(f"weights: {out}")
