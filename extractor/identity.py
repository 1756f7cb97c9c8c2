"""What identifies a reading: a hash of what can change one, and of nothing else.

What reads is told by two lists, so that a new command or table is not taken for a change of reading; a test holds them
against what the readers import. Of a module its parsed code counts: no comments, no docstrings, no formatting, and not
where it lies. Of data the parsed values count. Equal hashes mean that a reading need not be repeated.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Literal

READ_BY_ALL = (
    *("documents", "text", "vocabulary", "layout", "facts", "support", "fields.py", "grounding", "readers/rules"),
    *("records", "reading/checks.py", "reading/letter.py", "reading/assembling.py", "reading/kinds.py"),
    *("reading/parting.py", "reading/usual.py", "data/usual.toml"),
    *("data/body.toml", "data/drugs.tsv", "data/reasons.toml", "data/reason_weights.tsv", "data/treatments.toml"),
)
"""Modules, packages and data that decide what any reader gives. Each is a part that `Identity.parts` tells of."""
READ_BY_MODELS = ("readers/model", "readers/both", "model", "data/confidence.toml")
"""What decides besides, where a model reads. What limits, watches or ends a reading changes none, and is on no list."""
LIBRARIES = ("charset-normalizer", "lxml", "numpy", "pypdfium2", "rapidfuzz")
"""Libraries that decide what text a document has, or how words compare; of them the version counts."""


@cache
def parts(*, model: bool) -> Mapping[str, str]:
    """Hash of each part that decides what a reader gives; of a library, its version.

    Args:
        model: whether a model reads; else what is on `READ_BY_MODELS` counts for nothing.

    """
    of_part, _ = _hashes()
    names = (*READ_BY_ALL, *(READ_BY_MODELS if model else ()))
    return {**{name: of_part[name] for name in names}, **{name: version(name) for name in LIBRARIES}}


@cache
def code_sha256(*, model: bool = True) -> str:
    """Hash of all that decides what a reader gives: the same where a module only moved from part to part."""
    _, of_module = _hashes()
    known = parts(model=model)
    counted = sorted(digest for name in known if name not in LIBRARIES for digest in of_module[name])
    return _digest([counted, {name: known[name] for name in LIBRARIES}])


@cache
def code_version() -> str:
    """Version of the distribution and the first digits of the hash of its code: `0.1.0+1a2b3c4d`."""
    return f"{version('imr-extractor')}+{code_sha256()[:8]}"


def _digest(value: object) -> str:
    """SHA-256 of canonical JSON (sorted keys, no blanks)."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


# --- kept beside the compiled modules, for parsing takes half a second -----------------------------------------------


@cache
def _hashes() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Part → hash of it all; part → hashes of its modules."""
    sources = {
        part: dict(_sources(files("extractor").joinpath(part), part)) for part in (*READ_BY_ALL, *READ_BY_MODELS)
    }
    raw = hashlib.sha256(Path(__file__).read_bytes())
    for _, found in sorted(sources.items()):
        for path, content in sorted(found.items()):
            raw.update(f"{path}\0{len(content)}\0".encode() + content)
    kept = Path(cache_from_source(__file__)).with_name("identity.json")
    of_module = _kept(kept, raw.hexdigest())
    if of_module is None:
        of_module = _computed(sources)
        _keep(kept, raw.hexdigest(), of_module)
    return {part: _digest(digests) for part, digests in of_module.items()}, of_module


def _sources(place: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    if not place.is_dir():
        yield path, place.read_bytes()
        return
    for entry in place.iterdir():
        if entry.is_dir() or entry.name.endswith(".py"):
            yield from _sources(entry, f"{path}/{entry.name}")


def _kept(place: Path, raw: str) -> dict[str, list[str]] | None:
    try:
        told = json.loads(place.read_bytes())
        return told["modules"] if told["sources"] == raw else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(place: Path, raw: str, of_module: dict[str, list[str]]) -> None:
    part = place.with_name(f".{place.name}-{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        part.write_text(json.dumps({"sources": raw, "modules": of_module}), encoding="utf-8")
        part.replace(place)
    except OSError:  # a package that nobody may write to is parsed in every process
        with contextlib.suppress(OSError):
            part.unlink()


# --- parsed ----------------------------------------------------------------------------------------------------------

ModuleName = tuple[str, str]
"""A module of ours (`layout.items`), and a name in it."""


def _computed(sources: Mapping[str, Mapping[str, bytes]]) -> dict[str, list[str]]:
    modules = {
        _dotted(path): _Module(content)
        for found in sources.values()
        for path, content in found.items()
        if path.endswith(".py")
    }
    by_all = {_dotted(path) for part in READ_BY_ALL for path in sources[part]}
    # What any reader uses of what only models use is known by its name alone: else the latter would change them all.
    of_all = {dotted: module for dotted, module in modules.items() if dotted in by_all}
    return {
        part: sorted(
            digest
            for path, content in found.items()
            if (
                digest := _of_module(_dotted(path), of_all if part in READ_BY_ALL else modules)
                if path.endswith(".py")
                else _of_data(path, content)
            )
        )
        for part, found in sources.items()
    }


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Module:
    """A module's own code, and what it takes from others of ours."""

    def __init__(self, source: bytes) -> None:
        self.taken: dict[str, ModuleName] = {}
        self.code = _flat(ast.parse(source).body, self.taken)
        self.sha256 = _digest(self.code)


def _of_module(dotted: str, modules: Mapping[str, _Module]) -> str | None:
    """Its code, and for each name that it takes the code of the module that defines it; None where it has no code."""
    module = modules[dotted]
    if not module.code:
        return None  # a façade: what it passes on is followed to where it is defined
    taken = {name: _defined_in(*origin, modules) for name, origin in module.taken.items()}
    return _digest([module.sha256, taken])


def _defined_in(dotted: str, name: str, modules: Mapping[str, _Module]) -> str:
    """Hash of the module that defines a name; the name itself where that module is none of those that read."""
    inner = f"{dotted}.{name}" if dotted else name
    module = modules.get(inner) or modules.get(dotted)
    if module is None:
        return name
    if inner not in modules and name in module.taken:
        return _defined_in(*module.taken[name], modules)
    return module.sha256


def _flat(nodes: Iterable[ast.stmt], taken: dict[str, ModuleName]) -> list[str]:
    """The code as a flat list, in order. What our own modules import is noted in `taken`, and left out."""
    out: list[str] = []
    stack: list[object] = [*reversed(list(nodes))]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.AST):
            if isinstance(node, ast.stmt) and _is_idle(node, taken):
                continue
            out.append(type(node).__name__)
            for name in reversed(node._fields):
                value = getattr(node, name, None)
                if value is not None and value != [] and name != "type_comment":
                    stack += [value, (name,)]
        elif isinstance(node, list):
            out.append("[")
            stack += [("]",), *reversed(node)]
        else:
            out.append(repr(node))  # a constant, or our mark for a field or the end of a list
    return out


def _is_idle(node: ast.stmt, taken: dict[str, ModuleName]) -> bool:
    """Whether a statement does nothing when the code runs, or only takes what other modules of ours define."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.ImportFrom(module="__future__"):
            return True
        case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "extractor":
            for alias in node.names:
                taken[alias.asname or alias.name] = (module.partition(".")[2], alias.name)
            return True
    return False


def _of_data(path: str, content: bytes) -> str:
    text = content.decode()
    form: Literal["toml", "tsv"] = "toml" if path.endswith(".toml") else "tsv"
    return _digest(tomllib.loads(text) if form == "toml" else list(csv.reader(text.splitlines(), delimiter="\t")))
