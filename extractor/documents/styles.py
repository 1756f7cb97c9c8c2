"""Which elements of a web page its styles hide or strike out.

Of CSS as much as decides that: declarations, and rules whose selectors name tags, classes and ids, one after another.
Where a rule is beyond that (states, attributes, other media), it is as if it were not there, and the text stays.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import Flag, auto

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
# What is for printers only, or for a width of the window, is not followed; `screen` and `all` are.
_BLOCK = re.compile(r"@(media|supports|layer)?([^{};]*)\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}")
_SEEN_MEDIA = frozenset({"screen", "all", "only screen"})
_COMPOUND = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_MOST_RULES = 5_000

_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]*)")
_WHITE = re.compile(
    r"#f{3}(?:f)?|#f{6}(?:ff)?|white|transparent|rgba?\(\s*255[\s,]+255[\s,]+255\s*(?:[,/]\s*[\d.]+%?\s*)?\)"
    r"|(?:rgba|hsla)\([^)]*[,/]\s*0(?:\.0+)?%?\s*\)"
)
_ZERO = re.compile(r"0(?:\.0+)?(?:[a-z]+|%)?")


class Look(Flag):
    """How an element looks, as far as it decides whether its words are part of the letter."""

    PLAIN = 0
    UNSEEN = auto()
    """Hidden: nothing inside can be seen."""
    INVISIBLE = auto()
    """Not painted, but what is inside may be."""
    STRUCK = auto()
    PALE = auto()
    """White, or as clear as glass: seen on a dark ground only."""
    ON_GROUND = auto()
    """On a ground of its own."""
    SHOWN = auto()
    """Said to be shown: outweighs what a rule says."""


def look_of(declarations: str) -> Look:
    """What the declarations of a rule, or of a `style` attribute, say."""
    look = Look.PLAIN
    for name, value in _DECLARATION.findall(declarations.lower()):
        said = value.replace("!important", "").strip()
        match name:
            case "display":
                look |= Look.UNSEEN if said == "none" else Look.SHOWN
            case "visibility":
                look |= Look.INVISIBLE if said in {"hidden", "collapse"} else Look.SHOWN
            case "opacity" | "font-size" if _ZERO.fullmatch(said):
                look |= Look.UNSEEN
            case "text-decoration" | "text-decoration-line" if "line-through" in said:
                look |= Look.STRUCK
            case "color" if _WHITE.fullmatch(said):
                look |= Look.PALE
            case "background" | "background-color" if said and not _WHITE.match(said) and said != "none":
                look |= Look.ON_GROUND
    return look


@dataclass(frozen=True, slots=True)
class Element:
    """What selectors can name."""

    tag: str
    classes: frozenset[str] = frozenset()
    id: str = ""


@dataclass(frozen=True, slots=True)
class _Compound:
    tag: str
    classes: frozenset[str]
    ids: frozenset[str]

    def fits(self, element: Element) -> bool:
        return (
            self.tag in {"", "*", element.tag}
            and self.classes <= element.classes
            and (not self.ids or self.ids == {element.id})
        )


class Rules:
    """The rules of a page, as they come."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[tuple[tuple[_Compound, ...], Look]]] = defaultdict(list)
        self._count = 0

    def add(self, sheet: str) -> None:
        """Take in the text of a `style` element."""
        sheet = _BLOCK.sub(_if_seen, _COMMENT.sub(" ", sheet).replace("<!--", " ").replace("-->", " "))
        for selectors, declarations in _RULE.findall(sheet):
            look = look_of(declarations)
            if not look:
                continue
            for selector in selectors.split(","):
                chain = _chain(selector)
                self._count += 1
                if chain and self._count <= _MOST_RULES:
                    last = chain[-1]
                    self._by_name[next(iter((*last.ids, *last.classes)), last.tag or "*")].append((chain, look))

    def look(self, element: Element, around: list[Element]) -> Look:
        """What the rules say of an element inside others, outermost first."""
        look = Look.PLAIN
        if self._by_name:
            for name in (element.tag, *element.classes, element.id, "*"):
                for chain, said in self._by_name.get(name, ()):
                    if chain[-1].fits(element) and _inside(chain[:-1], around):
                        look |= said
        return look


def _if_seen(block: re.Match[str]) -> str:
    media = " ".join(block[2].lower().split())
    return block[3] if block[1] == "media" and media in _SEEN_MEDIA else ""


def _chain(selector: str) -> tuple[_Compound, ...]:
    chain = []
    for part in selector.replace(">", " ").split():
        found = _COMPOUND.fullmatch(part)
        if not found:
            return ()
        names = re.findall(r"[.#][\w-]+", found[2])
        chain.append(
            _Compound(
                (found[1] or "").lower(),
                frozenset(name[1:] for name in names if name[0] == "."),
                frozenset(name[1:] for name in names if name[0] == "#"),
            )
        )
    return tuple(chain)


def _inside(chain: tuple[_Compound, ...], around: list[Element]) -> bool:
    left = list(chain)
    for element in reversed(around[-200:]):
        if left and left[-1].fits(element):
            left.pop()
    return not left
