"""Axe on pages under many brands. A page is loaded once; then it puts on one brand after the other, light and dark."""

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

from saas.branding.brand import MODES, Brand
from saas.branding.compiler import Theme, compile_brand
from saas.branding.css import css
from tests.browser.axe import AXE_SCRIPT, COLOURS, FILES, FRAMED, Rules

SCRIPT = Path(__file__).with_name("walk.js").read_text()
LINKS = """() => [
  ...[...document.querySelectorAll("a[href]:not([download])")].map((link) => link.href),
  ...[...document.querySelectorAll("tr[data-href]")].map((row) => new URL(row.dataset.href, location).href),
]"""
ID = re.compile(r"\d")
ENHANCED = {"color-contrast": "color-contrast-enhanced"}
Worn = tuple[str, str]
"""A style sheet and the level that it promises."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that an element of a page breaks under a brand; colours and ratios where the rule is about contrast."""

    page: str
    brand: str
    mode: str
    rule: str
    element: str
    front: str | None = None
    ground: str | None = None
    ratio: float | None = None
    needed: str | None = None

    def __str__(self) -> str:
        colours = f"{self.front} on {self.ground}: {self.ratio}, needs {self.needed}" if self.front else ""
        return f"{self.page}, {self.brand}, {self.mode}: {self.rule} {colours} {self.element}"


def worn(brands: Mapping[str, Brand]) -> dict[str, Worn]:
    """What pages are to wear for these brands."""
    return {name: (css(brand, compile_brand(brand)), brand.level) for name, brand in brands.items()}


@dataclass
class Walk:
    """A walk over pages. With ``whole`` every text of every page is looked at, else one of each kind that axe can judge."""

    worn: Mapping[str, Worn]
    whole: bool = False
    seen: set[str] = field(default_factory=set)
    met: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    """Where the page looked at last leads to."""
    runs: int = 0

    def look_at(self, page: Page, url: str) -> list[Finding]:
        """What the page breaks under the brands, with its menus and dialogs unfolded."""
        page.goto(url)
        self.links = page.evaluate(LINKS)
        page.evaluate(AXE_SCRIPT)
        page.evaluate(SCRIPT)
        left = page.evaluate("(asked) => brands.leave(...asked)", [[*self.seen], self.whole, PROBE])
        if not left:
            return []
        self.met |= {kind: f"{url}: {element}" for kind, element in left}
        judged = page.evaluate("(asked) => brands.judged(...asked)", [_rules("AA"), self.whole])
        if not judged:
            return []
        self.seen |= set(judged)
        self.runs += len(self.worn) * len(MODES)
        sheets = [[name, sheet, _rules(level)] for name, (sheet, level) in self.worn.items()]
        return [Finding(url, *one) for one in page.evaluate("(sheets) => brands.measure(sheets)", sheets)]

    @property
    def undecided(self) -> list[str]:
        """An element of each kind that axe could not judge on any page: one that writes over a picture, say."""
        return [element for kind, element in self.met.items() if kind not in self.seen]


def _probe() -> str:
    """A sheet in which each token has a colour that no other has."""
    dice = random.Random(1)
    names = compile_brand(Brand("#000")).light
    light, dark = ({name: f"#{dice.randrange(1 << 24):06x}" for name in names} for _mode in MODES)
    return css(Brand("#000"), Theme(light, dark, ()))


PROBE = _probe()


def _rules(level: str) -> Rules:
    values = [ENHANCED.get(rule, rule) if level == "AAA" else rule for rule in COLOURS["runOnly"]["values"]]
    return {**COLOURS, "runOnly": {"type": "rule", "values": values}, "iframes": False}


def beyond(walk: Walk, urls: Iterable[str]) -> Iterator[str]:
    """These pages, and after them those that they lead to: one of each form, where all ids are alike."""
    waiting = list(urls)
    known = {_form(url) for url in waiting}
    while waiting:
        here = waiting.pop(0)
        yield here
        for link in walk.links:
            address, form = link.split("#")[0].split("?")[0], _form(link)
            if form not in known and _is_page(here, address):
                known.add(form)
                waiting.append(address)


def _form(url: str) -> str:
    parts = urlsplit(url)
    return "/".join((parts.netloc, *("*" if ID.search(step) else step for step in parts.path.split("/"))))


def _is_page(origin: str, address: str) -> bool:
    here, there = urlsplit(origin), urlsplit(address)
    return here.netloc == there.netloc and "." not in there.path and not there.path.startswith((*FILES, *FRAMED))
