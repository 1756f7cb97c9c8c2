"""What an endpoint's error means: the wordings of providers, told apart once.

They agree on statuses in part and on nothing else. What they say serves here to tell errors apart; what of it people
may see, `quoting` decides.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

_MOST_WORDS = 2000
"""Characters of a message that are looked at."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as an endpoint tells it."""

    status: int
    """Of HTTP; of an error in a reply that pretends to be a good one, what its code says, or 502."""
    code: str = ""
    words: str = ""
    """Its message as it came."""
    said: str = ""
    """Message, names of parameters and places, in lower case: to tell errors apart by, and for nobody to see."""
    retry_after: float | None = None
    """Seconds that it asks us to wait; None where it does not say."""

    @property
    def overflows(self) -> bool:
        """Whether the request is too long for it: in a smaller piece it may do."""
        if self.status == 429:  # of requests a minute; but one that is larger than what a minute allows never will do
            return "request too large" in self.said
        return self.status == 413 or self.code in _OVERFLOWS or _TOO_LONG.search(self.said) is not None

    @property
    def filtered(self) -> bool:
        """Whether a filter of content refused the request."""
        return self.code == "content_filter" or "content management policy" in self.said

    @property
    def names_no_model(self) -> bool:
        """Whether it has no model of that name."""
        return self.code in _NO_MODEL or (self.status == 404 and "model" in self.said)

    @property
    def speaks_of_the_mode(self) -> bool:
        """Whether it does not like how the form of the answer is stated."""
        return any(word in self.said for word in _OF_THE_MODE)

    @property
    def no_credit(self) -> bool:
        """Whether the account is empty."""
        return self.status == 402 or self.code in ("insufficient_quota", "billing_hard_limit_reached")

    @property
    def used_up(self) -> bool:
        """Whether a limit is reached that lasts for hours, where it does not say when to come again."""
        return self.status == 429 and self.retry_after is None and _OF_A_DAY.search(self.said) is not None


_OVERFLOWS = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length", "request_too_large"}
)
_NO_MODEL = frozenset({"model_not_found", "DeploymentNotFound", "ModelNotFound"})
_OF_THE_MODE = ("response_format", "json_schema", "json schema", "schema", "tool", "function", "grammar", "strict")
_TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size|limit)"  # OpenAI, Azure, vLLM, SGLang, llama.cpp, LM Studio, Ollama, LiteLLM
    r"|(?:prompt|input|request|message|text|conversation|payload)s?(?: \([^)]{1,40}\))?"
    r" (?:is|are|was) (?:too (?:long|large)|longer than)"  # Anthropic, Bedrock, Fireworks, vLLM
    r"|(?:input|prompt)[ _](?:tokens?|token count|length)[^.]{0,60}(?:exceed|longer|larger|must be|cannot)"  # Gemini
    r"|exceed[^.]{0,40}(?:maximum|max|limit|allowed|supported)[^.]{0,20} (?:number of )?(?:input )?tokens"
    r"|`?inputs`? (?:tokens|must have less)"  # Text Generation Inference
    r"|max_new_tokens`? must be"
    r"|too many (?:input |prompt )?tokens|number of tokens in the prompt"  # Cohere
    r"|maximum (?:model|prompt|input|sequence|allowed)[^.]{0,20}length"  # xAI, vLLM, Mistral
    r"|too large for model|tokens?[^.]{0,30}too (?:many|long) for"  # Mistral
    r"|expected maxlength|string too long"  # Bedrock, OpenAI
    r"|reduce (?:the|your) (?:length|message|prompt|input)|request too large"  # Groq
)
_OF_A_DAY = re.compile(
    r"\bper[ -]?(?:day|month|week)\b|perday|\bdaily\b|\b[tr]pd\b|\bmonthly\b|quota (?:has been )?exhausted"
)

_WAITS = re.compile(
    r"(?:again|retry|wait)(?:ing)?(?: after| in| for| at least)? (?:(\d{1,4})h)?(?:(\d{1,4})m(?!s))?"
    r"(?:(\d{1,6}(?:\.\d{1,9})?) ?(ms|milliseconds?|s\b|secs?\b|seconds?|minutes?|hours?))?"
)
_UNITS = {"ms": 0.001, "milliseconds": 0.001, "millisecond": 0.001, "minutes": 60, "minute": 60, "hours": 3600}
_DELAY = re.compile(r"""retrydelay["']?\s*:\s*["']?(\d{1,6}(?:\.\d{1,9})?)s""")
_A_STATUS = re.compile(r"[45]\d\d")
_BY_NAME = (
    (re.compile(r"rate.?limit|too.?many.?requests|resource.?exhausted|thrott"), 429),
    (re.compile(r"unauthenticated|unauthorized|api.?key|auth"), 401),
    (re.compile(r"permission|forbidden"), 403),
    (re.compile(r"credit|payment"), 402),
)


def fault_of(status: int, text: str, headers: Mapping[str, str] | None = None) -> Fault:
    """Read an error: its status, and a body of whatever form.

    Args:
        status: Of HTTP.
        text: The body.
        headers: Of the reply, their names in lower case.

    """
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return Fault(status, words=_title(text), said=text[:_MOST_WORDS].lower(), retry_after=_asked(headers or {}, ""))
    told = _told(payload)
    code = next((str(told[name]) for name in ("code", "type", "status") if _is_word(told.get(name))), "")
    words = " ".join(filter(None, [_words(told), _upstream(told)]))[:_MOST_WORDS]
    places = [told.get("param"), *(each.get("loc") for each in _details(payload))]
    said = " ".join([words or text, *(json.dumps(place) for place in places if place)])[: 2 * _MOST_WORDS].lower()
    return Fault(status, code, words, said, _asked(headers or {}, f"{said} {text[:_MOST_WORDS].lower()}"))


def fault_within(text: str) -> Fault | None:
    """The error in a reply whose status claims that all is well; None where there is none."""
    if '"error"' not in text:
        return None
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    choices = payload.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    error = payload.get("error") or choice.get("error")
    if not error or payload.get("output"):
        return None
    fault = fault_of(502, json.dumps({"error": error}))
    code = error.get("code") if isinstance(error, dict) else None
    number = _A_STATUS.fullmatch(str(code))
    named = next((status for pattern, status in _BY_NAME if pattern.search(f"{fault.code} {fault.said}".lower())), 502)
    return Fault(int(number[0]) if number else named, fault.code, fault.words, fault.said, fault.retry_after)


def _told(payload: Any) -> dict[str, Any]:
    """The object that tells the error, wherever it stands."""
    if isinstance(payload, list) and payload:
        return _told(payload[0])
    if not isinstance(payload, dict):
        return {"message": payload}
    inner = payload.get("error", payload)
    if isinstance(inner, dict):
        return inner
    return {**payload, "message": inner}


def _words(told: Mapping[str, Any]) -> str:
    for name in ("message", "detail", "error_description", "msg", "title", "error"):
        said = told.get(name)
        if isinstance(said, list):
            said = "; ".join(str(each.get("msg", "")) for each in said if isinstance(each, dict))
        if isinstance(said, str) and said.strip():
            return said
    return ""


def _upstream(told: Mapping[str, Any]) -> str:
    """What a gateway passes on of whom it asked."""
    more = told.get("metadata")
    raw = more.get("raw") if isinstance(more, dict) else None
    return raw if isinstance(raw, str) and not raw.lstrip().startswith(("{", "<")) else ""


def _details(payload: Any) -> list[dict[str, Any]]:
    detail = payload.get("detail") if isinstance(payload, dict) else None
    return [each for each in detail if isinstance(each, dict)] if isinstance(detail, list) else []


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value != "" and not value.isdecimal()


def _title(text: str) -> str:
    """What a page calls itself; a text that is no page, as it is."""
    if "<" not in text[:200]:
        return text[:_MOST_WORDS]
    found = re.search(r"<(title|h1)[^>]{0,100}>([^<]{1,200})<", text[:_MOST_WORDS], re.IGNORECASE)
    return found[2] if found else ""


def _asked(headers: Mapping[str, str], said: str) -> float | None:
    """Seconds to wait: by the headers that are in use, else by the message."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    given = headers.get("retry-after", "").strip()
    seconds = _number(given.removesuffix("s"))
    if seconds is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return _said_to_wait(said)


def _number(given: str | None) -> float | None:
    try:
        number = float(given or "")
    except ValueError:
        return None
    return max(0.0, number) if isfinite(number) else None


def _said_to_wait(said: str) -> float | None:
    if found := _DELAY.search(said):
        return float(found[1])
    for found in _WAITS.finditer(said):
        hours, minutes, number, unit = found.groups()
        if hours or minutes or number:
            return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(number or 0) * _UNITS.get(unit or "", 1)
    return None
