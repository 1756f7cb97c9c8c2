"""How much a request asks for: totals, schedules, refills, as printed; nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from extractor.literals import NUMBER, number
from extractor.spans import Span

_N = NUMBER
_COUNT = rf"(?P<n>{_N})(?: ?\(\d+\))?"
_RANGES = re.compile(rf"\b{_N} ?(?:-|–|to|or) ?{_N}\b")

_UNIT_WORDS: tuple[tuple[str, str], ...] = (
    ("sessions", r"sessions?"),
    ("visits", r"visits?|appointments?"),
    ("treatments", r"treatments?|units of treatment"),
    ("tablets", r"tab(?:let)?s?|caplets?"),
    ("capsules", r"cap(?:sule)?s?"),
    ("pills", r"pills?"),
    ("patches", r"patch(?:es)?"),
    ("ml", r"ml|milliliters?|cc|mls"),
    ("oz", r"oz|ounces?|fl oz"),
    ("tubes", r"tubes?"),
    ("bottles", r"bottles?"),
    ("boxes", r"box(?:es)?"),
    ("days", r"days?"),
    ("months", r"months?|mos?\.?"),
    ("hours", r"hours?|hrs?\.?"),
    ("pairs", r"pairs?"),
    ("injections", r"injections?"),
    ("vials", r"vials?"),
    ("units", r"units?"),
    ("nights", r"nights?"),
    ("packets", r"packets?|packs?"),
    ("doses", r"doses?"),
    ("each", r"each|ea"),
)
# Weights, containers and the like keep their printed form.
_CONTAINER = (
    r"canisters?|inhalers?|quadrants?|(?:round )?trips?|kits?|jars?|syringes?|rolls?|bags?|sets?|applications?|cycles?|levels?|blocks|sprays?|bars?|cans?|sheets?|cartridges?|pens?|rides?|teeth"
)
_PRINTED_UNIT = re.compile(rf"grams?|gms?|g|{_CONTAINER}")
_UNIT = "|".join([*(words for _, words in _UNIT_WORDS), r"grams?|gms?|g"])
_VOLUMES = frozenset("gram grams gm gms g ml mls cc oz ounce ounces".split())


def unit_named(words: str) -> str | None:
    """The unit that the folded `words` print, by its one name here; None where they print none."""
    cleaned = words.strip()
    for name, pattern in _UNIT_WORDS:
        if re.fullmatch(pattern, cleaned):
            return name
    return cleaned if _PRINTED_UNIT.fullmatch(cleaned) else None


@dataclass(frozen=True, slots=True)
class Amount:
    """One leaf of a quantity and where it stands."""

    field: str
    value: float | int | str
    place: Span


_REFILLS = (
    re.compile(rf"\b(?P<n>{_N}|no) ?(?:additional |monthly )?refills?\b"),
    re.compile(rf"\brefills? ?(?:x|times|:|#|of|-)? ?(?P<n>{_N})\b"),
)
_PER_WEEK = (
    re.compile(rf"\b(?P<n>{_N}|once|twice)(?: ?\(\d+\))? ?(?:x|times?|(?P<u>visits?|sessions?|days?|treatments?|hours?|hrs?))? ?(?:/|per|a|each|every) ?(?:week|wk)s?\b"),
    re.compile(rf"\b(?P<n>{_N}|once|twice)(?: ?\(\d+\))? ?(?:x|times|sessions|visits)? ?weekly\b"),
    re.compile(r"\b(?P<n>weekly)\b"),
)
# 2x6, 2 x 6 weeks, "2 times 8", "two times four visits (8)": so many a week for so many weeks
_SHORT = re.compile(rf"\b(?P<n>{_N}) ?(?:x|times) ?(?P<w>{_N})\b(?! ?(?:mg|mcg|ml|cm|inch|%|x|months?|days?|a week|per week|times|years?|mm|feet|ft))")
_WEEKS = (
    re.compile(rf"\b(?:for|x|times|over|during|per week x?|weekly x?) ?(?:the next |a period of |up to )?(?P<n>{_N}) ?(?:\(\d+\))? ?(?:weeks?|wks?)\b"),
    re.compile(rf"\b(?P<n>{_N}) ?(?:\(\d+\))? ?[- ]?(?:weeks?|wks?)\b(?! (?:old|post|ago|follow|after))"),
)
_TOTAL = (
    # (12 sessions), 12 sessions, twelve (12) visits
    re.compile(rf"\(? ?\b(?:total of |total |up to |quantity:? ?|qty:? ?)?(?P<n>{_N}) ?(?:\((?P<n2>\d+)\))? ?(?:additional |more |initial |post-?\s?op\w* |total |supervised |individual |physical therapy |therapy |chiropractic |acupuncture |aquatic |psychotherapy |cbt |follow-?up |office |monthly |weekly |remaining |half-?\s?hour |one-?\s?hour )*(?P<u>sessions?|visits?|treatments?|appointments?)\b"),
    re.compile(rf"\bseries of (?P<n>{_N})\b(?:(?: \w+)? (?P<u>injections|blocks|treatments|sessions))?"),
    re.compile(rf"(?<!tooth )(?<!teeth )#\s?(?P<n>\d{{1,5}}(?:\.\d+)?)\b(?! ?(?:-|to) ?#?\d)(?:\s?(?P<u>{_UNIT})\b)?"),
    re.compile(rf"\b(?:quantity|qty\.?|count|number|disp(?:ense)?)\b ?(?:of|:|#|=|-)? ?(?P<n>{_N})\b(?:\s?(?P<u>{_UNIT})\b)?"),
    re.compile(rf"\b(?P<n>{_N}) ?(?:\(\d+\) ?)?(?P<ct>ct|count)\b(?P<u>)"),
    re.compile(r"\((?P<n>\d{1,4})\)(?P<u>)"),
    re.compile(rf"(?<![\d/.-])\b(?P<n>{_N}) ?(?:\(\d+\))? ?-? ?(?P<u>grams?|gms?|ml|mls|cc|oz|ounces?)\b(?! ?/)"),
    re.compile(rf"(?<![-\w])(?P<n>{_N}) ?(?:\(\d+\))? ?-? ?(?P<u>tab(?:let)?s|caplets|cap(?:sule)?s|pills|patches|tubes?|bottles?|box(?:es)?|pairs?|vials?|packets?|injections?|units|doses|nights?)\b"),
    re.compile(rf"\b(?P<n>{_N}) ?(?:\(\d+\))? ?-? ?(?P<u>days?|months?|hours?)\b(?! (?:prior|before|after|old|post|ago|a day|per|follow|later|on,? ))"),
    re.compile(rf"(?<![-\w])(?P<n>{_N}) ?(?:\(\d+\))? ?(?P<u>{_CONTAINER})\b"),
    re.compile(rf"\b(?:x|times) ?(?P<n>{_N})\b(?P<u>)(?! ?(?:weeks?|wks?|per|a week|days?|months?|times|times a|/))"),
    # "NCV of the bilateral lower extremities, 2": a number that ends the request counts it
    re.compile(r"(?<=[a-z)]), (?P<n>\d{1,2})(?P<u>)$"),
    # "1 home traction unit": a number that opens the request counts it
    re.compile(rf"(?<![\w.])(?P<n>{_N}|single)\b ?(?:\(\d+\))? (?P<u>)(?=[a-z])(?!(?:x|times?|weeks?|wks?|months?|days?|hours?|years?|levels?|views?|mg|mcg|ml|to|or|per|a|day|by|in|of|and|-)\b)"),
)  # fmt: skip


def read_quantity(folded: str, span: Span, default_unit: Callable[[], str | None] = lambda: None) -> list[Amount]:
    """The amounts that `folded[span]` prints.

    A range, or two different volumes, gives no number. `#60` is 60 `each`, or of the unit that the words around it
    count in (`default_unit`, for "sessions for the neck, #8").
    """
    found: dict[str, Amount] = {}

    def put(field: str, value: float | int | str | None, place: Span) -> None:
        if value is not None and field not in found:
            found[field] = Amount(field, value, place)

    ranges = [Span(*match.span()) for match in _RANGES.finditer(folded, *span)]

    def in_range(place: Span) -> bool:
        return any(other.overlaps(place) for other in ranges)

    used: list[Span] = []

    def free(place: Span) -> bool:
        return not any(other.overlaps(place) for other in used)

    for pattern in _REFILLS:
        match = pattern.search(folded, *span)
        if match is not None:
            words = match.group("n")
            value = 0.0 if words == "no" else number(words)
            put("refills", int(value) if value is not None else None, Span(*match.span()))
            used.append(Span(*match.span()))
            break
    weekly = None
    for pattern in _PER_WEEK:
        for match in pattern.finditer(folded, *span):
            place = Span(*match.span())
            weekly = weekly or place
            if in_range(place):
                continue
            value = 1.0 if match.group("n") == "weekly" else number(match.group("n"))
            put("per_week", value, place)
            counted = match.groupdict().get("u")
            if counted:
                put("unit", unit_named(counted), Span(*match.span("u")))
            used.append(Span(*match.span("n")))
            break
        if weekly:
            break
    short = _SHORT.search(folded, *span) if weekly is None else None
    if short is not None and not in_range(Span(*short.span())) and free(Span(*short.span())):
        first, second = number(short.group("n")), number(short.group("w"))
        if first is not None and second is not None and first <= 7 and second <= 26:
            put("per_week", first, Span(*short.span("n")))
            put("weeks", second, Span(*short.span("w")))
            used.append(Span(*short.span()))
    for pattern in _WEEKS:
        match = next((m for m in pattern.finditer(folded, *span) if free(Span(*m.span("n")))), None)
        if match is not None:
            place = Span(*match.span())
            if not in_range(Span(*match.span("n"))):
                put("weeks", number(match.group("n")), place)
            used.append(place)
            break
    for pattern in _TOTAL:
        if pattern is _TOTAL[-1] and pattern.match(folded, *span) is None:
            continue
        matches = [m for m in pattern.finditer(folded, *span) if free(Span(*m.span("n"))) and not in_range(Span(*m.span("n")))]
        if not matches:
            continue
        match = matches[0]
        words = match.groupdict().get("u") or ""
        unit = unit_named(words) if words else None
        if words in _VOLUMES and len({m.group("n") for m in matches}) > 1:
            break  # two volumes: no total
        put("total", number(match.group("n")), Span(*match.span("n")))
        if unit is not None:
            put("unit", unit, Span(*match.span("u")))
        elif folded[match.start()] == "#" or match.groupdict().get("ct"):
            put("unit", default_unit() or "each", Span(match.start(), match.end("n")))
        else:
            implied = default_unit()
            if implied is not None and not pattern.pattern.startswith(r"\((?P<n>"):
                put("unit", implied, Span(match.start(), match.end("n")))
            elif implied is not None:
                put("unit", implied, Span(*match.span()))
        break
    if found and "unit" not in found and "refills" not in found:
        implied = default_unit()
        if implied is not None:
            place = next(iter(found.values())).place
            put("unit", implied, place)
    return list(found.values())
