"""What is wrong with a sheet before it can be read as rules: things left open, closed twice, or of another language."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from tinycss2 import parse_component_value_list

from saas.branding.css_rules.faults import Node, Refused, quoted
from saas.branding.css_rules.properties import PROPERTIES
from saas.branding.css_rules.reasons import ONLY_MEDIA

NO_RULE = "This is no rule: a selector and a block between { and } are needed."
STRAYS = {
    "*/": "Here is a */, but no comment is open: the first */ closes a comment, whatever stands in it.",
    "//": "A comment is written between /* and */; two slashes do not begin one.",
}
ADDRESS = "This is an address. Only CSS belongs here."
END = "\n x"
"""A word behind the text: what swallows it was left open."""

OPEN = {
    "comment": "This comment is never closed: */ is missing.",
    "eof-in-string": "This quotation mark is never closed.",
    "function": "This bracket is never closed: ) is missing.",
    "() block": "This bracket is never closed: ) is missing.",
    "[] block": "This bracket is never closed: ] is missing.",
    "{} block": "This { is never closed: } is missing.",
}
OPEN_STRING = "This quotation mark is not closed in its line."
REASONS = {
    "*": "The star matches everything. Name the elements or classes that you mean.",
    "+": "A selector goes from the outside in, so + cannot be used.",
    "~": "A selector goes from the outside in, so ~ cannot be used.",
    "&": "Rules do not stand in rules, so & has no meaning. Write the whole selector.",
    "|": "Names of other languages are not needed: leave out the |.",
    "||": "|| cannot be used. Name the cells by a class.",
    "<!--": "This mark belongs to HTML. Leave it out.",
    "-->": "This mark belongs to HTML. Leave it out.",
    "<": "This is HTML. Only CSS belongs here.",
    ";": "This ; stands outside of { and }. Leave it out.",
    ".": "Behind a dot stands the name of a class, without a space.",
    "$": "This is a variable of Sass. Use the colours and lengths of the design, such as var(--primary).",
    "`": "This mark does not belong to CSS. Leave it out.",
    "@": ONLY_MEDIA,
    "}": "This } closes nothing: it is one too many, or a { is missing before it.",
    ")": "This ) closes nothing.",
    "]": "This ] closes nothing.",
    "bad-string": OPEN_STRING,
}
"""By a token that stands where a rule should: why it cannot."""


def why_not_token(node: Node) -> str:
    """What is wrong with a token wherever rules and selectors stand; empty when nothing can be said of it alone."""
    if node.type == "ident" and node.lower_value in PROPERTIES:
        return f"{quoted(node.value)} is a property: it stands in a rule, between {{ and }}."
    return REASONS.get(node.kind if node.type == "error" else str(getattr(node, "value", "")), "")


def tokens_of(text: str) -> list[Node]:
    """The tokens of a text without its comments; Refused when it leaves something open, which has swallowed all behind it."""
    tokens: list[Node] = parse_component_value_list(text + END, skip_comments=True)
    found = [(last.type, last.source_line, last.source_column) for last in tokens[-1:]]
    if found == [("ident", text.count("\n") + 2, 2)]:
        return tokens[:-1]
    raise _never_closed(parse_component_value_list(text + END) if "/*" in text else tokens)


def _never_closed(nodes: Sequence[Node]) -> Refused:
    """The innermost thing that is open at the end."""
    around: Sequence[Node] = ()
    while inside := _inside(nodes[-1]):
        around, nodes = nodes, inside
    last = nodes[-1]
    if last.type in ("comment", "error"):
        return Refused(last, OPEN.get(getattr(last, "kind", last.type), OPEN["function"]))
    cut = next((node for node in _all(nodes) if node.type == "error" and node.kind == "bad-string"), None)
    if cut:
        return Refused(cut, OPEN_STRING)
    return Refused(around[-1], OPEN[around[-1].type] + _perhaps(around, nodes))


def _perhaps(around: Sequence[Node], inside: Sequence[Node]) -> str:
    """Before which line the block of a rule should have ended: the one where another begins."""
    holder, before = around[-1], takewhile(lambda node: node.type != "{} block", reversed(around[:-1]))
    line = next((node.source_line for node in inside if node.type == "{} block"), 0)
    if holder.type != "{} block" or line <= holder.source_line or any(node.type == "at-keyword" for node in before):
        return ""
    return f" Perhaps before line {line}."


def strays(nodes: Sequence[Node], lines: Sequence[str]) -> Iterator[Refused]:
    """Marks of comments that are none, the first of each line."""
    told = set[int]()
    for node in _all(nodes):
        line, column = node.source_line, node.source_column
        if node.type == "literal" and line not in told:
            here = lines[line - 1][column - 1 : column + 2]
            if here[:2] in STRAYS and here[1:] != "/*":
                told.add(line)
                yield Refused(node, ADDRESS if lines[line - 1][: column - 1].endswith(":") else STRAYS[here[:2]])


def unfinished(nodes: Sequence[Node]) -> int:
    """From which node on there is the beginning of a rule without its block; the number of nodes for none."""
    start, first = 0, None
    for at, node in enumerate(nodes):
        if node.type == "{} block" or (first and first.type == "at-keyword" and node == ";"):
            start, first = at + 1, None
        elif first is None and node.type != "whitespace":
            start, first = at, node
    return len(nodes) if first is None or first.type == "at-keyword" else start


def why_unfinished(nodes: Sequence[Node]) -> str:
    """What is wrong with the beginning of a rule that has no block."""
    closed = any(node.type == "error" and node.kind == "}" for node in nodes)
    return why_not_token(nodes[0]) or ("A { is missing here, behind the selector." if closed else NO_RULE)


def _inside(node: Node) -> Sequence[Node]:
    return getattr(node, "arguments", None) or getattr(node, "content", None) or ()


def _all(nodes: Sequence[Node]) -> Iterator[Node]:
    """Every token in the order of the text, however deep."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(_inside(node)))
