"""Customers' own CSS: read, held against what may be used, and written anew.

Nothing of the text itself goes into the answer: every name, word and number is one that we know and write ourselves, in
ASCII and without escapes. The rules stand in a layer of ours after all others, and in a scope: they reach what is inside
``.brandable``, without that element itself, and nothing inside ``.brand-protected``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tinycss2 import parse_blocks_contents, parse_rule_list

from saas.branding.css_rules.faults import UNSEEN, Enough, Fault, Faults, Node, Refused, quoted
from saas.branding.css_rules.hiding import check_shown
from saas.branding.css_rules.media import media
from saas.branding.css_rules.properties import PROPERTIES
from saas.branding.css_rules.reasons import why_not_at_rule, why_not_property
from saas.branding.css_rules.selectors import classes, selectors
from saas.branding.css_rules.syntax import NO_RULE, strays, tokens_of, unfinished, why_unfinished
from saas.branding.css_rules.values import significant, written

BYTES = 64 * 1024
TOO_LONG = f"This sheet is too long: {BYTES // 1024} KiB are the most, that is some thousand lines. Nothing was read."
RULES = 500
SELECTORS = 2000
BRACES = 2000
BRACKETS = 8000
"""More than these open in no sheet that is within the limits, but for one whose comments are full of them."""

OPENING = "@layer brand-custom{@scope (.brandable) to (.brand-protected){\n"
CLOSING = "}}\n"

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
SURROGATE = re.compile(r"\\0{0,2}d[89a-f][0-9a-f]{2}(?![0-9a-f])", re.IGNORECASE)
ENDLESS = re.compile(r"[0-9]{40}")
CHARACTERS = (
    (UNPRINTABLE, UNSEEN),
    (SURROGATE, "This escape stands for no character. Write the characters themselves."),
    (ENDLESS, "This number has too many digits."),
)
NO_NESTING = "Rules may not stand inside other rules. Close the one before with }, and write the whole selector."


@dataclass(frozen=True)
class Cleaned:
    """The sheet to serve, empty when there is any fault; the first faults, and how many more there are.

    ``classes`` are those that it names, with line and column of the first time.
    """

    css: str
    faults: tuple[Fault, ...] = ()
    more: int = 0
    rules: int = 0
    classes: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)


def clean(text: str) -> Cleaned:
    """The sheet as we serve it, or everything that is wrong with it, by line and column.

    At most BYTES of UTF-8, RULES rules and SELECTORS selectors are read, and ENOUGH faults looked for. The same text always
    gives the same answer; what stands between OPENING and CLOSING gives itself again.
    """
    text = normalised(text)
    if len(text) > BYTES or len(text.encode("utf-8", "surrogatepass")) > BYTES:
        return Cleaned("", (Fault(1, 1, TOO_LONG, ""),))
    sheet = _Sheet(text)
    lines = sheet.read()
    if sheet.faults.count:
        told = sheet.faults.told
        return Cleaned("", told, sheet.faults.count - len(told))
    return Cleaned(OPENING + "".join(lines) + CLOSING if lines else "", rules=sheet.rules, classes=sheet.classes)


def normalised(text: str) -> str:
    """The text as its lines and columns are counted: lines end in a line feed, and no mark of the byte order leads it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")


class _Sheet:
    """One sheet while it is read."""

    def __init__(self, text: str) -> None:
        self.text, self.faults = text, Faults(text)
        self.rules = self.selectors = 0
        self.classes: dict[str, tuple[int, int]] = {}

    def read(self) -> list[str]:
        """A line for each rule, as far as there are no faults."""
        try:
            self._look_at_characters()
            tokens = [] if self.faults.count else self._tokens()
            return [] if self.faults.count else self._rules(tokens, self._top_level)
        except Enough:
            return []

    def _look_at_characters(self) -> None:
        for pattern, sentence in CHARACTERS:
            for found in pattern.finditer(self.text):
                self.faults.add_at(found.start(), sentence)

    def _tokens(self) -> list[Node]:
        """The tokens of the text, none when it leaves something open."""
        if self.text.count("{") > BRACES:
            self.faults.add(1, 1, f"There are too many rules: {RULES} are the most.")
            return []
        if self.text.count("(") + self.text.count("[") > BRACKETS:
            self.faults.add(1, 1, f"There are too many brackets: {BRACKETS} are the most.")
            return []
        try:
            tokens = tokens_of(self.text)
        except Refused as refused:
            self.faults.add(refused.line, refused.column, refused.sentence)
            return []
        for stray in strays(tokens, self.faults.lines):
            self.faults.add(stray.line, stray.column, stray.sentence)
        return tokens

    def _rules(self, nodes: Sequence[Node], write: Callable[[Node], str]) -> list[str]:
        end = unfinished(nodes)
        lines = self._each(parse_rule_list(nodes[:end]), write)
        if end < len(nodes):
            self.faults.add(nodes[end].source_line, nodes[end].source_column, why_unfinished(nodes[end:]))
        return lines

    def _each(self, nodes: Sequence[Node], write: Callable[[Node], str]) -> list[str]:
        lines = []
        for node in nodes:
            if node.type == "whitespace":
                continue
            with self.faults.gathered():
                lines.append(write(node))
        return lines

    def _top_level(self, node: Node) -> str:
        if node.type == "at-rule" and node.lower_at_keyword == "media":
            return self._media(node)
        return self._rule(node)

    def _media(self, node: Node) -> str:
        if node.content is None:
            raise Refused(node, "Behind @media stands a block of rules between { and }.")
        lines = self._rules(node.content, self._rule)
        return f"@media {media(node.prelude, node)}{{\n{''.join(lines)}}}\n"

    def _rule(self, node: Node) -> str:
        if node.type == "at-rule":
            if node.lower_at_keyword == "media":
                raise Refused(node, "@media may not stand inside @media. Join the conditions with “and”.")
            raise Refused(node, why_not_at_rule(node.lower_at_keyword))
        if node.type != "qualified-rule":
            raise Refused(node, NO_RULE)
        self._count(node)
        body = self._each(parse_blocks_contents(node.content), self._declaration)
        written_selectors = ",".join(selectors(node.prelude, node))
        for name in classes(node.prelude):
            self.classes.setdefault(name.value, (name.source_line, name.source_column - 1))
        return f"{written_selectors}{{{';'.join(body)}}}\n"

    def _count(self, node: Node) -> None:
        self.rules += 1
        self.selectors += 1 + sum(part == "," for part in node.prelude)
        for count, most, what in ((self.rules, RULES, "rules"), (self.selectors, SELECTORS, "selectors")):
            if count > most:
                said = f"From here on there are too many {what}: {most} are the most."
                self.faults.add(node.source_line, node.source_column, said)
                raise Enough

    def _declaration(self, node: Node) -> str:
        if node.type in ("qualified-rule", "at-rule"):
            raise Refused(node, NO_NESTING)
        if node.type != "declaration":
            raise Refused(node, "Write a property, a colon, a value and a semicolon, such as color: #123456;")
        if node.lower_name not in PROPERTIES:
            raise Refused(node, why_not_property(node.lower_name))
        if node.important:
            raise Refused(node, "!important is not needed: your sheet already comes after ours. Leave it out.")
        if (following := _next_name(node.value)) is not None:
            raise Refused(following, f"A ; is missing before {quoted(following.value)}.")
        value = written(node.value, PROPERTIES[node.lower_name], node)
        check_shown(node.lower_name, node.value)
        return f"{node.lower_name}:{value}"


def _next_name(value: Sequence[Node]) -> Node | None:
    """The name of the next declaration, where nothing divides it from the value before."""
    shown = significant(value)
    if any(node.type == "error" for node in shown):
        return None
    return next((name for name, colon in pairwise(shown) if name.type == "ident" and colon == ":"), None)
