"""How a document is read, as one value: which reader, which model with which settings, which prompts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, get_args

from extractor import identity
from extractor.errors import ConfigurationError, defect
from extractor.model.seam import schema_text
from extractor.readers.model.answers import FORMS
from extractor.readers.model.prompts import load_prompts
from extractor.records.determination import Determination
from extractor.settings import ModelSettings

ReaderName = Literal["rules", "model", "both"]
READERS: tuple[ReaderName, ...] = get_args(ReaderName)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What decides how a document is read. Equal `sha256` means that a reading can be repeated."""

    reader: ReaderName = "rules"
    """`rules`: embedded. `model`: prompt-driven. `both`: both, each checking the other."""
    model: ModelSettings | None = None
    """For `model` and `both`."""
    prompt_sha256: str | None = None
    """Identity of the prompts that the strategy uses."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.reader not in READERS:
            raise ConfigurationError(f"unknown reader {self.reader!r}; known: {', '.join(READERS)}")
        if (self.model is None) != (self.reader == "rules"):
            raise ConfigurationError(f"the reader {self.reader!r} goes {'without' if self.model else 'with'} a model")
        if self.reader == "model" and self.model is not None and self.model.strategy == "budgeted":
            raise ConfigurationError(
                "the strategy 'budgeted' fills what rules leave open: use it with the reader 'both'"
            )

    @classmethod
    def of(cls, reader: ReaderName, model: ModelSettings | None = None, prompts: Path | None = None) -> Self:
        """A configuration with the identity of its prompts; `prompts` is a folder that replaces ours."""
        if reader == "rules" or model is None:
            return cls(reader, None if reader == "rules" else model)
        return cls(reader, model, load_prompts(prompts).sha256(model.strategy))

    @classmethod
    def from_json(cls, given: str, prompts: Path | None = None) -> Self:
        """The configuration that `as_json` told, with the prompts as they are now.

        Raises:
            ConfigurationError: it is none of ours.

        """
        try:
            told = json.loads(given)
            settings = told["model"]
            return cls.of(told["reader"], None if settings is None else ModelSettings(**settings), prompts)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            why = defect(error)
            raise ConfigurationError(f"the configuration of an earlier run cannot be read: {why}") from None

    @property
    def as_json(self) -> str:
        """How it is told beside what was read by it."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def as_json_with_parts(self) -> str:
        """The same with the hash of each part that reads, so that a later run can tell what has changed (`changes`)."""
        return json.dumps({**asdict(self), "code": self._code(), "parts": dict(self._parts())}, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Hash of the configuration, of the code and data that read in it, and of the forms that a model fills."""
        return _sha256(self)

    def changes(self, earlier: str) -> tuple[str, ...]:
        """What has changed since a run, in plain words: `other code (layout, rules)`, `other prompts`.

        Args:
            earlier: what `as_json_with_parts` told then.

        Returns:
            Empty where nothing has, or where it cannot be told: what was kept is of an earlier form, or damaged.

        """
        try:
            told = json.loads(earlier)
            if "parts" not in told:
                return ()
            before: dict[str, Any] = {"reader": told["reader"], **(told["model"] or {})}
            now: dict[str, Any] = {"reader": self.reader, **(asdict(self.model) if self.model else {})}
            shared = [name for name in now if name in before]
            found = [f"{name} {now[name]}, not {before[name]}" for name in shared if now[name] != before[name]]
            if told["reader"] == self.reader:
                if told["prompt_sha256"] != self.prompt_sha256:
                    found.append("other prompts")
                if told["code"] != self._code():
                    here, there = self._parts(), told["parts"]
                    differ = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
                    found.append(f"other code ({', '.join(name.removesuffix('.py') for name in differ)})")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return ()
        return tuple(found)

    def _code(self) -> str:
        with_model = self.model is not None
        return _digest([identity.code_sha256(model=with_model), _forms_sha256() if with_model else None])

    def _parts(self) -> Mapping[str, str]:
        with_model = self.model is not None
        return {**identity.parts(model=with_model), **({"forms": _forms_sha256()} if with_model else {})}


@cache
def _sha256(configuration: Configuration) -> str:
    return _digest({**asdict(configuration), "code": configuration._code()})


@cache
def _forms_sha256() -> str:
    """Hash of the forms that a model is asked to fill, as it is sent them."""
    return _digest({name: schema_text(form) for name, form in FORMS.items()})


def _digest(value: object) -> str:
    """SHA-256 of canonical JSON (sorted keys, no blanks)."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@cache
def schema_sha256() -> str:
    """Hash of the JSON Schema of the determination."""
    return _digest(Determination.model_json_schema())
