"""Classes that a sheet names though no page which it reaches has them: taken all the same, and remarked on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from itertools import islice
from pathlib import Path

from saas.branding.css_rules.faults import TOLD, Fault, Faults, quoted
from saas.branding.css_rules.parts import CLASSES

SAAS = Path(__file__).resolve().parents[1]
NOT_REACHED = (
    (
        r"(shell|sidebar|topbar|banner)(-.+)?|(account|drawer|nav|org)-.+|theme-(options|switch)|menu-(row|title|up)"
        r"|page|page-(foot|narrow|wide)|usage-banner|breadcrumbs|scrim|skip-link",
        "part of the frame of the pages",
    ),
    (r"(alert|dialog|flash)(-.+)?|flashes|field-error", "a message, a notice or a question"),
)
"""Classes of pages that own CSS acts on, but not on these."""

SEARCHES = 100
"""For so many names of a sheet a class is looked for that is like them."""

ATTRIBUTE = re.compile(r'(?:class|css)="((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)')
PUT_TOGETHER = re.compile(r"([A-Za-z][\w-]*-)\{\{.*?\}\}")
STATEMENT = re.compile(r"\{%.*?%\}")
EXPRESSION = re.compile(r"\{\{(.*?)\}\}")
COMPARED = re.compile(r"""[!=]=\s*(?:"[^"]*"|'[^']*')""")
WORDS = re.compile(r""""([^"]*)"|'([^']*)'""")
NAME = re.compile(r"[A-Za-z_][\w-]*")
STYLED = re.compile(r"\.([A-Za-z_][\w-]*)")


def remarks_on(text: str, classes: Mapping[str, tuple[int, int]]) -> tuple[Fault, ...]:
    """A remark for each class of a text that acts nowhere, by the line and column where it is first named; TOLD at most."""
    told = Faults(text)
    for (line, column), sentence in islice(_remarks(classes), TOLD):
        told.add(line, column, sentence)
    return told.told


def _remarks(classes: Mapping[str, tuple[int, int]]) -> Iterator[tuple[tuple[int, int], str]]:
    searches = iter(range(SEARCHES))
    known, beginnings = _written()
    for name, place in classes.items():
        if what := next((what for pattern, what in NOT_REACHED if re.fullmatch(pattern, name)), ""):
            yield place, f"{quoted('.' + name)} is {what}, which own CSS does not reach."
        elif name not in known:
            begun = tuple(start for start in beginnings if name.startswith(start))
            near = _nearest(name, [one for one in CLASSES if one.startswith(begun or "")], searches)
            if near or not begun:
                yield (
                    place,
                    f"No page has the class {quoted('.' + name)}." + (f" Did you mean .{near}?" if near else ""),
                )


def _nearest(name: str, classes: Sequence[str], searches: Iterator[int]) -> str:
    """The class that is most like a name; empty where none is, or no search is left."""
    if not classes or next(searches, None) is None:
        return ""
    return next(iter(get_close_matches(name.lower(), classes, 1, 0.8)), "")


@cache
def _written() -> tuple[frozenset[str], tuple[str, ...]]:
    """The classes in our style sheets and templates, those of product modules too, and how those begin whose end a template
    puts together."""
    sheets = [path.read_text() for path in (SAAS / "static/css").glob("*.css")]
    pages = [
        path.read_text() for folder in ("templates", "modules/*/templates") for path in SAAS.glob(f"{folder}/**/*.html")
    ]
    styled = {name for sheet in sheets for name in STYLED.findall(sheet)}
    literal = {name for page in pages for name in _literal(page)}
    return frozenset(styled | literal), tuple({start for page in pages for start in PUT_TOGETHER.findall(page)})


def _literal(template: str) -> Iterator[str]:
    """The classes that a template writes whole, in its text or as a word of an expression."""
    for names in ATTRIBUTE.findall(template):
        yield from NAME.findall(EXPRESSION.sub(_words, STATEMENT.sub(" ", PUT_TOGETHER.sub(" ", names))))


def _words(expression: re.Match[str]) -> str:
    return " ".join(one or other for one, other in WORDS.findall(COMPARED.sub("", expression[1])))
