"""How much a request asks for: totals, schedules, refills, as printed; nothing is computed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from extractor.text.literals import NUMBER, number
from extractor.text.spans import Span

_N = rf"(?P<n>{NUMBER})"
_AGAIN = r" ?(?:\(\d+\))?"
"""The number in figures behind the word: "twelve (12)"."""
# "1-2", "six to eight"; and "1 2", "#6 0", which were one number before somebody broke it
_RANGES = re.compile(
    rf"\b{NUMBER} ?(?:-|–|to|or) ?{NUMBER}\b|(?<![\w.,/-])\d \d{{1,2}}\b(?![/.,]\d)|\b\d{{1,3}} 0\b(?!\.)"
)

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
_WEIGHT = r"grams?|gms?|g"
_CONTAINER = (
    r"canisters?|inhalers?|kits?|jars?|syringes?|rolls?|bags?|sets?|bars?|cans?|sheets?|cartridges?|pens?|sprays?"
    r"|quadrants?|levels?|blocks|teeth|applications?|cycles?|(?:round )?trips?|rides?"
)
_PRINTED_UNIT = re.compile(rf"{_WEIGHT}|{_CONTAINER}")
_UNIT = "|".join([*(words for _, words in _UNIT_WORDS), _WEIGHT])


def unit_named(words: str) -> str | None:
    """The unit that the folded `words` print, by its one name here; None where they print none."""
    cleaned = words.strip()
    for name, pattern in _UNIT_WORDS:
        if re.fullmatch(pattern, cleaned):
            return name
    return cleaned if _PRINTED_UNIT.fullmatch(cleaned) else None


@dataclass(frozen=True, slots=True)
class StatedAmount:
    """One leaf of a quantity and where it stands."""

    field: str
    value: float | int | str
    place: Span


_REFILLS = (
    # "2 additional refills", "no refills"
    re.compile(rf"\b(?P<n>{NUMBER}|no) ?(?:additional |monthly )?refills?\b"),
    # "refills: 3", "refill x 2"
    re.compile(rf"\brefills? ?(?:x|times|:|#|of|-)? ?{_N}\b"),
)
_PER_WEEK = (
    # "2 times a week", "two (2) visits per week", "3x/week"
    re.compile(
        rf"\b(?P<n>{NUMBER}|once|twice)(?: ?\(\d+\))?"
        r" ?(?:x|times?|(?P<u>visits?|sessions?|days?|treatments?|hours?|hrs?))?"
        r" ?(?:/|per|a|each|every) ?(?:week|wk)s?\b"
    ),
    # "twice weekly", "2x weekly"
    re.compile(rf"\b(?P<n>{NUMBER}|once|twice)(?: ?\(\d+\))? ?(?:x|times|sessions|visits)? ?weekly\b"),
    re.compile(r"\b(?P<n>weekly)\b"),
)
# 2x6, "2 x 6 weeks", "2 times 8", "two times four visits (8)": so many a week for so many weeks
_SHORT = re.compile(
    rf"\b{_N} ?(?:x|times) ?(?P<w>{NUMBER})\b"
    r"(?! ?(?:mg|mcg|ml|cm|inch|%|x|months?|days?|a week|per week|times|years?|mm|feet|ft))"
)
_WEEKS = (
    # "for 6 weeks", "x 4 wks", "over the next six (6) weeks"
    re.compile(
        r"\b(?:for|x|times|over|during|per week x?|weekly x?) ?(?:the next |a period of |up to )?"
        rf"{_N}{_AGAIN} ?(?:weeks?|wks?)\b"
    ),
    # "6 weeks", "6-week"; not "6 weeks post surgery"
    re.compile(rf"\b{_N}{_AGAIN} ?[- ]?(?:weeks?|wks?)\b(?! (?:old|post|ago|follow|after))"),
)
_WHAT_KIND = (
    r"(?:additional |more |initial |post-?\s?op\w* |total |supervised |individual |physical therapy |therapy "
    r"|chiropractic |acupuncture |aquatic |psychotherapy |cbt |follow-?up |office |monthly |weekly |remaining "
    r"|half-?\s?hour |one-?\s?hour )*"
)
_BRACKETED = re.compile(r"\((?P<n>\d{1,4})\)")
# "1 home traction unit": a number that opens the request counts it, unless it measures something else.
_OPENING = re.compile(
    rf"(?<![\w.])(?P<n>{NUMBER}|single)\b{_AGAIN} (?=[a-z])"
    r"(?!(?:x|times?|weeks?|wks?|months?|days?|hours?|years?|levels?|views?|mg|mcg|ml|to|or|per|a|day|by|in|of|and|-)\b)"
)
_TOTAL = (
    # "12 sessions", "(12 sessions)", "total of twelve (12) additional visits"
    re.compile(
        rf"\(? ?\b(?:total of |total |up to |quantity:? ?|qty:? ?)?{_N}{_AGAIN} ?{_WHAT_KIND}"
        r"(?P<u>sessions?|visits?|treatments?|appointments?)\b"
    ),
    # "series of three injections"
    re.compile(rf"\bseries of {_N}\b(?:(?: \w+)? (?P<u>injections|blocks|treatments|sessions))?"),
    # "#60", "#90 tablets"; not "tooth #14", "#3-5"
    re.compile(rf"(?<!tooth )(?<!teeth )#\s?(?P<n>\d{{1,5}}(?:\.\d+)?)\b(?! ?(?:-|to) ?#?\d)(?:\s?(?P<u>{_UNIT})\b)?"),
    # "quantity: 60", "qty 30 tablets", "dispense 90"
    re.compile(rf"\b(?:quantity|qty\.?|count|number|disp(?:ense)?)\b ?(?:of|:|#|=|-)? ?{_N}\b(?:\s?(?P<u>{_UNIT})\b)?"),
    # "60 count"
    re.compile(rf"\b{_N} ?(?:\(\d+\) ?)?(?P<ct>ct|count)\b"),
    _BRACKETED,
    # "120 grams", "60ml"; not "5 ml/hr"
    re.compile(rf"(?<![\d/.-])\b{_N}{_AGAIN} ?-? ?(?P<u>grams?|gms?|ml|mls|cc|oz|ounces?)\b(?! ?/)"),
    # "30 tablets", "2 boxes"
    re.compile(
        rf"(?<![-\w]){_N}{_AGAIN} ?-? ?(?P<u>tab(?:let)?s|caplets|cap(?:sule)?s|pills|patches|tubes?|bottles?"
        r"|box(?:es)?|pairs?|vials?|packets?|injections?|units|doses|nights?)\b"
    ),
    # "30 days", "6-month"; not "30 days prior"
    re.compile(
        rf"\b{_N}{_AGAIN} ?-? ?(?P<u>days?|months?|hours?)\b"
        r"(?! (?:prior|before|after|old|post|ago|a day|per|follow|later|on,? ))"
    ),
    # "2 inhalers"
    re.compile(rf"(?<![-\w]){_N}{_AGAIN} ?(?P<u>{_CONTAINER})\b"),
    # "x 6"; not "x 6 weeks"
    re.compile(rf"\b(?:x|times) ?{_N}\b(?! ?(?:weeks?|wks?|per|a week|days?|months?|times|times a|/))"),
    # "NCV of the bilateral lower extremities, 2"
    re.compile(r"(?<=[a-z)]), (?P<n>\d{1,2})$"),
    _OPENING,
)
"""What counts the whole request; the first that matches decides."""
_VOLUMES = frozenset(["gram", "grams", "gm", "gms", "g", "ml", "mls", "cc", "oz", "ounce", "ounces"])


def read_quantity(folded: str, span: Span, default_unit: Callable[[], str | None] = lambda: None) -> list[StatedAmount]:
    """The amounts that `folded[span]` prints.

    A range, or two different volumes, gives no number. `#60` is 60 `each`, or of the unit that the words around it
    count in (`default_unit`, for "sessions for the neck, #8").
    """
    reading = _Reading(folded, span, default_unit)
    reading.refills()
    if not reading.per_week():
        reading.short()
    reading.weeks()
    reading.total()
    reading.unit()
    return list(reading.found.values())


class _Reading:
    """The amounts found so far in one request; words that gave one give no second."""

    def __init__(self, folded: str, span: Span, default_unit: Callable[[], str | None]) -> None:
        self.found: dict[str, StatedAmount] = {}
        self._folded = folded
        self._span = span
        self._default_unit = default_unit
        self._used: list[Span] = []
        self._ranges = [Span(*match.span()) for match in _RANGES.finditer(folded, *span)]

    def _put(self, field: str, value: float | int | str | None, place: Span) -> None:
        if value is not None:
            self.found.setdefault(field, StatedAmount(field, value, place))

    def _in_range(self, place: Span) -> bool:
        # They are in order and apart, so only the last one that begins before the place's end can reach into it.
        before = bisect_left(self._ranges, place.end, key=lambda other: other.start)
        return before > 0 and self._ranges[before - 1].overlaps(place)

    def _free(self, place: Span) -> bool:
        return not any(other.overlaps(place) for other in self._used)

    def _says(self, word: str) -> bool:
        return self._folded.find(word, *self._span) >= 0

    def _says_week(self) -> bool:
        """The patterns of weeks are dear, and most requests speak of none."""
        return self._says("week") or self._says("wk")

    def refills(self) -> None:
        if not self._says("refill"):
            return
        for pattern in _REFILLS:
            match = pattern.search(self._folded, *self._span)
            if match is None:
                continue
            value = 0.0 if match.group("n") == "no" else number(match.group("n"))
            self._put("refills", int(value) if value is not None else None, Span(*match.span()))
            self._used.append(Span(*match.span()))
            return

    def per_week(self) -> bool:
        """Whether the words say anything of a week."""
        if not self._says_week():
            return False
        for pattern in _PER_WEEK:
            matches = list(pattern.finditer(self._folded, *self._span))
            match = next((m for m in matches if not self._in_range(Span(*m.span()))), None)
            if match is not None:
                value = 1.0 if match.group("n") == "weekly" else number(match.group("n"))
                self._put("per_week", value, Span(*match.span()))
                if counted := match.groupdict().get("u"):
                    self._put("unit", unit_named(counted), Span(*match.span("u")))
                self._used.append(Span(*match.span("n")))
            if matches:
                return True
        return False

    def short(self) -> None:
        match = _SHORT.search(self._folded, *self._span)
        if match is None or self._in_range(Span(*match.span())) or not self._free(Span(*match.span())):
            return
        per_week, weeks = number(match.group("n")), number(match.group("w"))
        # Nobody is treated more often than daily, or for more than half a year: "10 x 30" is something else.
        if per_week is not None and weeks is not None and per_week <= 7 and weeks <= 26:
            self._put("per_week", per_week, Span(*match.span("n")))
            self._put("weeks", weeks, Span(*match.span("w")))
            self._used.append(Span(*match.span()))

    def weeks(self) -> None:
        if not self._says_week():
            return
        for pattern in _WEEKS:
            matches = pattern.finditer(self._folded, *self._span)
            match = next((m for m in matches if self._free(Span(*m.span("n")))), None)
            if match is None:
                continue
            if not self._in_range(Span(*match.span("n"))):
                self._put("weeks", number(match.group("n")), Span(*match.span()))
            self._used.append(Span(*match.span()))
            return

    def total(self) -> None:
        for pattern in _TOTAL:
            if pattern is _OPENING and pattern.match(self._folded, *self._span) is None:
                continue
            matches = [
                match
                for match in pattern.finditer(self._folded, *self._span)
                if self._free(Span(*match.span("n"))) and not self._in_range(Span(*match.span("n")))
            ]
            if matches:
                self._total(matches, pattern)
                return

    def _total(self, matches: list[re.Match[str]], pattern: re.Pattern[str]) -> None:
        match = matches[0]
        groups = match.groupdict()
        unit = unit_named(groups["u"]) if groups.get("u") else None
        if unit in _VOLUMES and len({other.group("n") for other in matches}) > 1:
            return  # two volumes: no total
        self._put("total", number(match.group("n")), Span(*match.span("n")))
        if unit is not None:
            self._put("unit", unit, Span(*match.span("u")))
        elif self._folded[match.start()] == "#" or groups.get("ct"):
            self._put("unit", self._default_unit() or "each", Span(match.start(), match.end("n")))
        else:
            end = match.end() if pattern is _BRACKETED else match.end("n")
            self._put("unit", self._default_unit(), Span(match.start(), end))

    def unit(self) -> None:
        """Where amounts are told without a unit, that of the words around them."""
        if self.found and "unit" not in self.found and "refills" not in self.found:
            self._put("unit", self._default_unit(), next(iter(self.found.values())).place)
