"""What the terminal shows: a run, its confidence, a comparison, a gate or an agreement on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.figures.columns import FIELDS
from eval.figures.summary import MEANS, Figure
from eval.figures.tally import RARE_VALUE
from eval.judging.certainty import ENOUGH, ENOUGH_DOCUMENTS, Certainty, Separation
from eval.judging.comparison import Comparison
from eval.judging.costs import Costs, latency
from eval.judging.gate import GateResult
from eval.judging.result import RunResult
from eval.labelling.agreement import LabellerAgreement
from eval.metamorphic.suite import BrokenVariant, SuiteResult
from eval.scoring.fields import CRITICAL, GROUPS

_WEAKEST = 6
_WIDTH = 44
_LINE = 190


def share(value: float | None) -> str:
    """Show a ratio with three digits; a dash where it is undefined."""
    return "    -" if value is None else f"{value:5.3f}"


def interval(figure: Figure) -> str:
    """Show an interval; the wider one of the two where there are few documents."""
    return " " * 14 if figure.ends is None else "[{:5.3f} {:5.3f}]".format(*figure.ends)


def run_screen(result: RunResult, spent: Costs | None = None) -> Iterator[str]:
    """Show a run, line by line."""
    summary = result.summary
    yield (
        f"{result.reader} on {result.configuration.get('gold', 'gold')} "
        f"{result.configuration.get('split', '')}: {summary.documents} letters, "
        f"{int(summary.figures['items decisions']['recall'].denominator)} items "
        f"(95% intervals: documents resampled {result.draws} times, seed {result.seed})"
    )
    yield f"{'':{_WIDTH}}    F1 95% interval    prec.  recall    right wrong  miss  spur"
    for of in ("all", *(f"group: {group}" for group in GROUPS)):
        yield _ratio_line(result, of, "all leaves" if of == "all" else of.removeprefix("group: "))
    for of in MEANS:
        figure = summary.figures[of]["f1"]
        yield f"{of:{_WIDTH}} {share(figure.value)} {interval(figure)}"
    for label, of in (("items found", "items decisions"), (f"outcome {RARE_VALUE}", RARE_VALUE)):
        one = summary.figures[of]
        yield (
            f"{label:{_WIDTH}} {share(one['f1'].value)} {interval(one['f1'])}  {share(one['precision'].value)}  "
            f"{share(one['recall'].value)}    {one['recall'].numerator:.0f} of {one['recall'].denominator:.0f}, "
            f"{one['precision'].denominator:.0f} said"
        )
    for of in (
        "exact records",
        "failures",
        "grounding: found",
        "grounding: supported",
        "grounding: at the labelled place",
    ):
        figure = summary.figures[of]["rate"]
        yield (
            f"{of:{_WIDTH}} {share(figure.value)} {interval(figure)}"
            f"                   {figure.numerator:.0f} of {figure.denominator:.0f}"
        )
    withheld = [row.withheld for row in result.documents.values()]
    yield (
        f"{'withheld':{_WIDTH}} {sum(count for count, _ in withheld)} values, "
        f"{sum(right for _, right in withheld)} of them as the labels say"
    )
    weakest = sorted(
        (field for field in FIELDS if summary.figures[field]["f1"].value is not None),
        key=lambda field: (summary.figures[field]["f1"].value or 0.0, field),
    )
    yield "weakest fields"
    for field in weakest[:_WEAKEST]:
        yield _ratio_line(result, field, "  " + field)
    errors = {name: row.counts.all_errors() for name, row in result.documents.items()}
    worst = sorted(errors, key=lambda name: (-errors[name], name))[:8]
    yield "most errors: " + ", ".join(f"{name} {errors[name]}" for name in worst)
    failed = {name: row.failure for name, row in result.documents.items() if row.failure}
    if failed:
        named = [f"{name} ({failure.kind})" for name, failure in failed.items()]
        yield "failed: " + ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "")
        first = next(iter(failed.values()))
        yield f"  the first: {' '.join(first.message.split())[:110]}"
    if (took := latency(result.documents.values())) is not None:
        yield f"seconds a letter: median {took.median:.3g}, p95 {took.p95:.3g}"
    if spent is not None:
        yield _cost_line(spent)


def _ratio_line(result: RunResult, of: str, label: str) -> str:
    one = result.summary.figures[of]
    f1, wrong, recall, spurious = one["f1"], one["wrong"], one["recall"], one["hallucination"]
    return (
        f"{label[:_WIDTH]:{_WIDTH}} {share(f1.value)} {interval(f1)}  {share(one['precision'].value)}  "
        f"{share(recall.value)}  {recall.numerator:7.0f} {wrong.numerator:5.0f} "
        f"{one['omission'].numerator:5.0f} {spurious.numerator:5.0f}"
    )


def _cost_line(spent: Costs) -> str:
    line = (
        f"tokens: {spent.input_tokens:,} in ({spent.cached_input_tokens:,} cached), {spent.output_tokens:,} out, "
        f"{spent.requests:,} requests"
    )
    if spent.dollars is None:
        return f"{line}; no price for {', '.join(spent.unpriced)} (--prices)"
    per_field = spent.dollars_per_correct_field
    return f"{line}; ${spent.dollars:.4f}, ${spent.dollars_per_letter or 0:.5f} a letter" + (
        f", ${per_field:.7f} a correct field" if per_field is not None else ""
    )


def compare_screen(found: Comparison) -> Iterator[str]:
    """Show a comparison, line by line."""
    yield f"A {found.a}   B {found.b}   {found.documents} letters, seed {found.seed}, {found.draws} draws"
    yield f"{'':32}     A      B     B-A  95% interval        p  Holm p  detectable  letters that differ"
    for one in found.differences:
        if one.difference is None or one.low is None or one.high is None or one.p is None:
            yield f"{('* ' if one.critical else '  ') + one.of:32} {share(one.a)}  {share(one.b)}   (not in both)"
            continue
        adjusted = "      " if one.p_holm is None else f"{one.p_holm:6.3f}"
        name = ("* " if one.critical else "  ") + one.of[:30]
        yield (
            f"{name:32} {share(one.a)}  {share(one.b)}  {one.difference:+.3f}  [{one.low:+.3f} {one.high:+.3f}]  "
            f"{one.p:5.3f}  {adjusted}      {one.detectable or 0:6.3f}  {one.changed:5d}"
        )
    yield "* the gate's fields; detectable: the smallest difference these letters would show four times in five"
    p = "" if found.mcnemar_p is None else f" (McNemar p {found.mcnemar_p:.3f})"
    yield f"exact records: {len(found.exact_fixed)} gained, {len(found.exact_broken)} lost{p}"
    yield "fixed:  " + (", ".join(found.exact_fixed) or "none")
    yield "broken: " + (", ".join(found.exact_broken) or "none")
    yield f"fewer errors in {len(found.better)}: " + _named(found.better)
    yield f"more errors in {len(found.worse)}: " + _named(found.worse)


def _named(changes: dict[str, int]) -> str:
    listed = sorted(changes.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {count}" for name, count in listed[:12]) + (" …" if len(listed) > 12 else "")


def gate_screen(result: GateResult) -> Iterator[str]:
    """Show a gate, line by line."""
    for one in result.fields:
        yield f"{one.verdict:13} {one.field:28} {one.reason}"
    yield f"gate: {result.verdict}"


def metamorphic_screen(result: SuiteResult, most: int = 3) -> Iterator[str]:
    """Show the metamorphic suite, line by line; of each broken relation the first variants."""
    yield f"{result.reader} on {len(result.letters)} letters; a variant is one letter rewritten in one place"
    yield f"{'relation':{_WIDTH}}   held broken  letters without  what may change"
    for one in result.relations:
        yield f"{one.name[:_WIDTH]:{_WIDTH}} {one.held:6d} {len(one.broken):6d} {one.not_applicable:16d}  {one.must}"
        for broken in one.broken[:most]:
            place = f"{broken.letter}, {broken.where}" if broken.where else broken.letter
            yield f"    {place}: {broken.why}"[:_LINE]
        if len(one.broken) > most:
            yield f"    and {len(one.broken) - most} more in {_count(one.broken[most:])} (--out names all)"
    for letter, why in result.skipped.items():
        yield f"no record, so nothing to hold: {letter}: {why}"[:_LINE]
    yield f"{sum(one.held for one in result.relations)} variants hold, {result.broken} do not"


def _count(broken: Sequence[BrokenVariant]) -> str:
    letters = len({one.letter for one in broken})
    return "1 letter" if letters == 1 else f"{letters} letters"


def certainty_screen(found: Certainty) -> Iterator[str]:
    """Show what the confidences of a run are worth, line by line."""
    yield (
        f"{found.reader}: {found.documents} letters, {found.values} values with a confidence: {found.right} right, "
        f"{found.wrong} wrong (95% intervals: documents resampled {found.draws} times, seed {found.seed})"
    )
    yield f"in no figure below: {found.without} values without a confidence, {found.without_wrong} of them wrong;"
    yield f"    {found.missing} labelled values that the records do not have: not reachable by reviewing values"
    yield f"{'right above wrong':{_WIDTH}} AUROC 95% interval    right  wrong  in letters      pairs"
    yield _separation_line(found.auroc, found.auroc.of)
    yield _separation_line(found.within_fields, "pairs of the same field only")
    for group in found.groups:
        yield _separation_line(group, "  " + group.of)
    yield f"0.5 is chance; -: under {ENOUGH} right or wrong; no interval: either in under {ENOUGH_DOCUMENTS} letters"
    yield f"{'the least certain, reviewed':{_WIDTH}} values   wrong  precision  recall  at random: wrong  recall"
    for seen in found.reviews:
        yield (
            f"{f'  {seen.percent}%':{_WIDTH}} {seen.values:6d} {seen.wrong:7.1f}      {share(seen.precision)}   "
            f"{share(seen.recall)}           {seen.chance:7.1f}   {share(seen.chance_recall)}"
        )
    yield f"{'the most certain, kept':{_WIDTH}} values   wrong      share"
    for kept in found.coverage:
        yield f"{f'  {kept.percent}%':{_WIDTH}} {kept.values:6d} {kept.wrong:7.1f}      {share(kept.risk)}"
    yield (
        f"area under that curve {found.aurc:.4f} (order by chance {found.aurc_chance:.4f}, "
        f"best order {found.aurc_best:.4f})"
    )
    yield f"{'calibration: confidence':{_WIDTH}} values   right      share  mean confidence"
    for one in found.bins:
        label = f"  {one.low:g} to {one.high:g}"
        yield (
            f"{label:{_WIDTH}} {one.values:6d} {one.right:7d}      {share(one.share_right)}            "
            f"{share(one.confidence)}"
        )
    yield (
        f"Brier score {found.brier:.4f} (the share of right values said of all: {found.brier_constant:.4f}), "
        f"expected calibration error {found.ece:.4f}"
    )


def _separation_line(one: Separation, label: str) -> str:
    ends = " " * 14 if one.low is None or one.high is None else f"[{one.low:5.3f} {one.high:5.3f}]"
    return (
        f"{label[:_WIDTH]:{_WIDTH}} {share(one.value)} {ends} {one.right:7d} {one.wrong:6d} {one.wrong_documents:11d} "
        f"{one.pairs:10d}"
    )


def agreement_screen(found: LabellerAgreement) -> Iterator[str]:
    """Show an agreement, line by line."""
    yield f"{len(found.letters)} letters labelled by both; {len(found.only_a)} by A only, {len(found.only_b)} by B only"
    yield f"{'':60}    F1 95% interval    with alternatives  alpha (n)"
    for field in ("all", *FIELDS, "items decisions"):
        figure = found.summary.figures[field]["f1"]
        if figure.value is None:
            continue
        lenient = found.lenient.get(field)
        key = field if field in found.alpha else ""
        alpha = f"{share(found.alpha[key])} ({found.units[key]})" if key else ""
        mark = "*" if field in CRITICAL else " "
        yield (
            f"{mark} {field[:57]:58} {share(figure.value)} {interval(figure)} "
            f"{share(lenient.value if lenient else None)}              {alpha}"
        )
