"""Selectors: elements, classes and a few states, of what stands below the content's edge and nothing above it."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tinycss2.nth import parse_nth

from saas.branding.css_rules.faults import Node, Refused, quoted
from saas.branding.css_rules.grammar import words_of
from saas.branding.css_rules.reasons import READS, why_not_pseudo_class
from saas.branding.css_rules.syntax import why_not_token
from saas.branding.css_rules.values import significant, split

ELEMENTS = words_of(
    "a abbr address article aside b blockquote button caption cite code col colgroup dd del details dfn div dl dt em fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li mark meter nav ol"
    " optgroup option output p path picture pre progress q s samp search section select small span strong sub summary sup svg"
    " table tbody td textarea tfoot th thead time tr u ul var"
)
STATES = words_of(
    "hover focus focus-visible focus-within active disabled enabled checked first-child last-child only-child first-of-type"
    " last-of-type only-of-type empty"
)
COUNTED = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})
CLASS = re.compile(r"[A-Za-z_]([A-Za-z0-9_-]{0,63})")
RESERVED = frozenset({"brandable", "brand-protected"})
STEPS = 6
"""So many elements in one selector."""
PARTS = 12
"""So many words of one element: its name, classes and states."""


def selectors(prelude: Sequence[Node], rule: Node) -> list[str]:
    """Each selector of a rule as we write it; Refused at the first that cannot be taken."""
    return [_selector(group, rule) for group in split(prelude)]


def classes(prelude: Sequence[Node]) -> Iterator[Node]:
    """The classes that a rule's selectors name; those that something must not have are left out."""
    return (name for dot, name in pairwise(prelude) if dot == "." and name.type == "ident")


def _selector(nodes: Sequence[Node], rule: Node) -> str:
    steps = _steps(nodes)
    if steps and _is_scope(steps[0][1]):
        steps = steps[1:]
    if not steps:
        raise Refused(nodes[0] if nodes else rule, "A selector is missing here.")
    if len(steps) > STEPS:
        raise Refused(steps[STEPS][1][0], f"This selector goes too deep: {STEPS} elements or classes are enough.")
    return ":scope" + "".join(joined + _compound(compound) for joined, compound in steps)


def _is_scope(nodes: Sequence[Node]) -> bool:
    return [node.type for node in nodes] == ["literal", "ident"] and (
        nodes[0] == ":" and nodes[1].lower_value == "scope"
    )


def _steps(nodes: Sequence[Node]) -> list[tuple[str, list[Node]]]:
    """The elements of a selector from the outside in, each with what joins it to the one before."""
    steps: list[tuple[str, list[Node]]] = []
    joined, current = "", False
    for node in nodes:
        if node.type == "whitespace":
            current = False
        elif node == ">":
            if joined == ">" or not steps:
                raise Refused(node, "Before and behind > stands an element or a class.")
            joined, current = ">", False
        elif current:
            steps[-1][1].append(node)
        else:
            steps.append((joined or " ", [node]))
            joined, current = "", True
    if joined == ">":
        raise Refused(nodes[-1], "Before and behind > stands an element or a class.")
    return steps


def _compound(nodes: Sequence[Node], *, inside_not: bool = False) -> str:
    """An element with its classes and states."""
    rest, parts = iter(nodes), list[str]()
    for node in rest:
        if len(parts) == PARTS:
            raise Refused(node, f"This is too much for one element: {PARTS} classes and states are enough.")
        if node.type == "ident" and not parts:
            parts.append(_element(node))
        else:
            parts.append(_class_or_state(node, next(rest, None), inside_not=inside_not))
    return "".join(parts)


def _class_or_state(mark: Node, node: Node | None, *, inside_not: bool) -> str:
    if node and mark == "." and node.type == "ident":
        return _class(node)
    if node and mark == ":":
        return _state(mark, node, inside_not=inside_not)
    raise Refused(mark, _why_not(mark))


def _element(node: Node) -> str:
    if node.lower_value not in ELEMENTS:
        unknown = f"{quoted(node.value)} is no element of a page's content. For a class write a dot before it."
        raise Refused(node, why_not_token(node) or unknown)
    return str(node.lower_value)


def _class(node: Node) -> str:
    if not CLASS.fullmatch(node.value):
        raise Refused(node, "A class here has a letter or _ first, then letters, digits, - and _, at most 64 of them.")
    if node.value in RESERVED:
        raise Refused(node, f"{quoted(node.value)} marks where a sheet acts, so it cannot be styled itself.")
    return f".{node.value}"


def _state(colon: Node, node: Node, *, inside_not: bool) -> str:
    if node == ":":
        raise Refused(colon, "Parts that begin with :: cannot be styled: they can add words that the page never said.")
    if node.type == "ident" and node.lower_value in STATES:
        return f":{node.lower_value}"
    if node.type == "function" and node.lower_name in COUNTED:
        return f":{node.lower_name}({_count(node)})"
    if node.type == "function" and node.lower_name == "not" and not inside_not:
        return f":not({_negated(node)})"
    if node.type in ("ident", "function"):
        raise Refused(colon, why_not_pseudo_class(node.lower_value if node.type == "ident" else node.lower_name))
    raise Refused(colon, "Behind a colon stands a state, such as :hover.")


def _count(node: Node) -> str:
    found = parse_nth(node.arguments)
    if found is None or any(abs(number) > 1000 for number in found):
        raise Refused(node, "Write odd, even, a number, or something like 2n+1.")
    step, offset = found
    return f"{step}n{offset:+d}" if step else str(offset)


def _negated(node: Node) -> str:
    inside = significant(node.arguments)
    if not inside or any(part == "," for part in inside) or len(_steps(node.arguments)) != 1:
        raise Refused(node, "In :not() stands one element, class or state.")
    return _compound(inside, inside_not=True)


def _why_not(node: Node) -> str:
    if node.type == "hash":
        return "Ids belong to the page. Write a class."
    if node.type == "[] block":
        return READS
    if node.type == "ident":
        return "An element's name comes first, and a space before the next one."
    if node.type in ("number", "dimension", "percentage"):
        return "The name of a class does not begin with a digit."
    return why_not_token(node) or "This is not part of a selector. Write elements and classes, such as .card h2."
