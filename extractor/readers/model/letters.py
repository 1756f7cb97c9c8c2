"""How a letter is shown to a model: numbered lines between delimiters that nobody can forge, never as a template."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache

from pydantic import BaseModel, ValidationError

from extractor.errors import ConfigurationError
from extractor.layout import Layout, lay_out
from extractor.model import Message, Request
from extractor.model.seam import schema_text
from extractor.readers.model.answers import FORMS, CorrectionsForm, GapForm, GapsForm, ItemForm, PatientForm, WholeForm
from extractor.readers.model.prompts import Example, Prompt, Prompts
from extractor.settings import ModelSettings
from extractor.text.spans import Span


def numbered(layout: Layout, spans: Iterable[Span] | None = None) -> str:
    """The lines that the spans touch, each with its number; the whole letter where `spans` is None."""
    view = layout.view
    if spans is None:
        numbers: Iterable[int] = range(1, len(view.line_starts) + 1)
    else:
        numbers = sorted({number for span in spans for number in line_range(layout, span)})
    return "\n".join(f"{number}: {view.lined[slice(*view.line_span(number))]}" for number in numbers)


def line_range(layout: Layout, span: Span) -> range:
    """Numbers of the lines that a view span touches."""
    first = layout.view.line_number(span.start)
    return range(first, layout.view.line_number(max(span.start, span.end - 1)) + 1)


def item_spans(layout: Layout, index: int) -> list[Span]:
    """Heading and rationale of an item: what a model is shown of it. The guideline paragraphs are read by rule."""
    item = layout.items[index]
    heading = Span(item.heading.start, max(item.heading.end, item.outcome_span.end))
    return [heading, item.rationale or item.window]


def enclosed(shown: str) -> str:
    """The lines between delimiters made from the hash of those very lines.

    So nothing inside can close them: a text that holds its own hash cannot be written.
    """
    mark = hashlib.sha256(shown.encode()).hexdigest()[:16]
    return f"[letter {mark}]\n{shown}\n[end of letter {mark}]"


def whole_request(layout: Layout, prompt: Prompt, settings: ModelSettings) -> Request:
    """Ask for everything at once."""
    return _request(prompt, WholeForm, enclosed(numbered(layout)), settings, "whole")


def summary_request(layout: Layout, prompt: Prompt, settings: ModelSettings) -> Request | None:
    """Ask what the summary tells of the patient; None where there is no summary."""
    if layout.summary is None:
        return None
    shown = enclosed(numbered(layout, [layout.summary]))
    return _request(prompt, PatientForm, shown, settings, "summary")


def item_request(layout: Layout, index: int, prompt: Prompt, settings: ModelSettings) -> Request:
    """Ask about one disputed item."""
    shown = enclosed(numbered(layout, item_spans(layout, index)))
    return _request(prompt, ItemForm, shown, settings, f"item {index + 1}")


def gaps_request(
    layout: Layout, patient: bool, items: Sequence[int], prompt: Prompt, settings: ModelSettings
) -> Request:
    """Ask about the patient, or some items, or both: only those parts are shown."""
    return _request(prompt, GapsForm, enclosed(_parts(layout, patient, items)), settings, "gaps")


def corrections_request(
    layout: Layout, faults: Sequence[str], spans: Sequence[Span] | None, prompt: Prompt, settings: ModelSettings
) -> Request:
    """Ask once more for values that could not be found; `faults` are lines of path, value and what is wrong."""
    shown = enclosed(numbered(layout, spans))
    told = "\n".join(f"- {fault}" for fault in faults)
    return _request(prompt, CorrectionsForm, f"{shown}\n\nNot found:\n{told}", settings, "corrections")


def _parts(layout: Layout, patient: bool, items: Sequence[int]) -> str:
    parts: list[str] = []
    if patient and layout.summary is not None:
        parts += ["== patient ==", numbered(layout, [layout.summary])]
    for index in items:
        parts += [f"== item {index + 1} ==", numbered(layout, item_spans(layout, index))]
    return "\n".join(parts)


def _request(prompt: Prompt, form: type[BaseModel], content: str, settings: ModelSettings, purpose: str) -> Request:
    return Request(
        model=settings.name,
        messages=(*opening(prompt), Message("user", content)),
        answer=form,
        max_output_tokens=settings.max_output_tokens,
        temperature=settings.temperature,
        purpose=purpose,
    )


@cache
def opening(prompt: Prompt) -> tuple[Message, ...]:
    """The part that is the same for every letter, byte for byte: providers cache what stands first."""
    turns = [Message("system", prompt.text)]
    for example in prompt.examples:
        for shown, answer in worked(prompt, example):
            said = json.dumps(answer.model_dump(mode="json"), separators=(",", ":"), ensure_ascii=False)
            turns += [Message("user", shown), Message("assistant", said)]
    return tuple(turns)


def worked(prompt: Prompt, example: Example) -> list[tuple[str, BaseModel]]:
    """The turns that show an example in a prompt's own form: what is asked, and the answer.

    Raises:
        pydantic.ValidationError: the example's answer is not of the form of a whole letter.

    """
    layout = lay_out(example.letter)
    whole = WholeForm.model_validate_json(example.answer)
    if prompt.name == "whole":
        return [(enclosed(numbered(layout)), whole)]
    if prompt.name == "corrections":
        return []  # what was wrong is of one letter
    if prompt.name == "summary":
        return [(enclosed(numbered(layout, [layout.summary])), whole.patient)] if layout.summary is not None else []
    if prompt.name == "item":
        return [
            (enclosed(numbered(layout, item_spans(layout, index))), ItemForm(**_only(ItemForm, item)))
            for index, item in enumerate(whole.items)
        ]
    gaps = [GapForm(item=index + 1, **_only(GapForm, item)) for index, item in enumerate(whole.items)]
    shown = enclosed(_parts(layout, patient=True, items=range(len(gaps))))
    return [(shown, GapsForm(patient=whole.patient, items=gaps))]


def check_examples(prompts: Prompts) -> None:
    """Show every example once.

    Raises:
        ConfigurationError: an answer is not of the form, or not of its letter.

    """
    for prompt in prompts.by_name.values():
        try:
            opening(prompt)
        except (ValidationError, IndexError) as error:
            told = str(error).splitlines()[0]
            raise ConfigurationError(
                f"an example of prompt {prompt.name!r} in {prompts.folder} does not fit its form or letter: {told}"
            ) from error


def _only(form: type[BaseModel], answer: BaseModel) -> dict[str, object]:
    """The values of an answer that a smaller form also has."""
    return {name: getattr(answer, name) for name in form.model_fields if hasattr(answer, name)}


def answered(prompts: Prompts) -> dict[str, dict[str, str]]:
    """Hash of each prompt and of its form, by the prompt's name: what a recorded reply is a reply to."""
    forms = {name: hashlib.sha256(schema_text(form).encode()).hexdigest() for name, form in FORMS.items()}
    return {name: {"prompt": prompt.sha256, "form": forms[name]} for name, prompt in sorted(prompts.by_name.items())}
