"""Values of properties: checked node by node and written anew, so that nothing of the text itself goes through."""

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches

from tinycss2.color3 import parse_color

from saas.branding.css_rules.faults import Node, Refused, quoted
from saas.branding.css_rules.grammar import ANGLES, EVERYWHERE, FAMILIES, FUNCTIONS, MATH, PIXELS, TIMES, Grammar
from saas.branding.css_rules.reasons import LOADS, why_not_function
from saas.branding.css_rules.syntax import why_not_token
from saas.branding.css_rules.tokens import KINDS

HEX = re.compile(r"[0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8}")
DEPTH = 4
"""Brackets in brackets."""

ANGLE, PERCENT = 3600, 1000


def written(nodes: Sequence[Node], grammar: Grammar, whole: Node) -> str:
    """The value as we write it; Refused when the property does not take it. `whole` is what the value belongs to."""
    shown = significant(nodes)
    if len(shown) == 1 and shown[0].type == "ident" and shown[0].lower_value in EVERYWHERE:
        return str(shown[0].lower_value)
    return _lists(shown, grammar, whole, 1)


def significant(nodes: Sequence[Node]) -> list[Node]:
    """The nodes without white space."""
    return [node for node in nodes if node.type != "whitespace"]


def split(nodes: Sequence[Node]) -> list[list[Node]]:
    """What stands between the commas."""
    groups: list[list[Node]] = [[]]
    for node in nodes:
        if node == ",":
            groups.append([])
        else:
            groups[-1].append(node)
    return groups


def _lists(nodes: Sequence[Node], grammar: Grammar, whole: Node, depth: int) -> str:
    if depth > DEPTH:
        raise Refused(whole, "These brackets are nested too deeply. Write the value more simply.")
    groups = split(nodes)
    if len(groups) > grammar.lists == 1:
        comma = next(node for node in nodes if node == ",")
        raise Refused(comma, "No comma belongs here. Decimals are written with a dot, such as 1.5rem.")
    if len(groups) > grammar.lists:
        raise Refused(whole, f"These are too many values: {grammar.lists} may be divided by commas.")
    return ",".join(_group(group, grammar, whole, depth) for group in groups)


def _group(nodes: Sequence[Node], grammar: Grammar, whole: Node, depth: int) -> str:
    if not nodes:
        raise Refused(whole, "A value is missing here.")
    for node in nodes:
        if node.type in ("error", "url") or node == "$":
            raise Refused(
                node,
                f"“url()” cannot be used. {LOADS}"
                if "url" in node.type + getattr(node, "kind", "")
                else why_not_token(node),
            )
    if len(nodes) > grammar.parts:
        raise Refused(nodes[grammar.parts], f"There are too many values here: it takes {grammar.parts}.")
    if "family" in grammar.kinds and nodes[0].type != "function":
        return _family(nodes)
    parts = [_part(node, grammar, depth) for node in nodes]
    kinds = [kind for kind, _ in parts]
    for kind in grammar.once:
        if kinds.count(kind) > 1:
            again = nodes[[at for at, found in enumerate(kinds) if found == kind][1]]
            raise Refused(again, "This is one value too many." + (" There is no waiting." if kind == "time" else ""))
    return " ".join(text for _, text in parts)


def _family(nodes: Sequence[Node]) -> str:
    name = " ".join(str(node.value) for node in nodes if node.type in ("ident", "string"))
    known = FAMILIES.get(name.casefold())
    if known is None or (len(nodes) > 1 and any(node.type != "ident" for node in nodes)):
        raise Refused(nodes[0], f"{quoted(name)} is not a font of the list: {', '.join(FAMILIES.values())}.")
    return f'"{known}"' if " " in known else known


def _part(node: Node, grammar: Grammar, depth: int) -> tuple[str, str]:
    """The kind of one value, and how we write it."""
    reader = READERS.get(node.type)
    if reader is None and node == "/" and "slash" in grammar.kinds:
        return "slash", "/"
    if node.type == "function":
        return _function(node, grammar, depth)
    found = reader(node, grammar) if reader else None
    if found is None:
        raise Refused(node, _unfitting(node, grammar))
    return found


def _unfitting(node: Node, grammar: Grammar) -> str:
    if node.type == "number" and "length" in grammar.kinds:
        return "A unit is missing directly behind this number, such as px or rem."
    if node.type == "hash" and "colour" in grammar.kinds:
        return "Behind # stand 3, 4, 6 or 8 digits, each 0 to 9 or a to f."
    return f"This does not fit here. It takes {grammar.takes}."


def _word(node: Node, grammar: Grammar) -> tuple[str, str] | None:
    name = node.lower_value
    if name in grammar.words:
        return "word", str(name)
    if "colour" in grammar.kinds and name.isascii() and name.isalpha() and parse_color(node) is not None:
        return "colour", str(name)
    return None


def _hash(node: Node, grammar: Grammar) -> tuple[str, str] | None:
    digits = str(node.value).lower()
    return ("colour", f"#{digits}") if "colour" in grammar.kinds and HEX.fullmatch(digits) else None


def _number(node: Node, grammar: Grammar) -> tuple[str, str] | None:
    if node.value == 0 and "length" in grammar.kinds and "number" not in grammar.kinds:
        return "length", bounded(node, 0, grammar.lengths, "px")
    return ("number", bounded(node, node.value, grammar.numbers)) if "number" in grammar.kinds else None


def _percentage(node: Node, grammar: Grammar) -> tuple[str, str] | None:
    bounds = grammar.percents or (-PERCENT if grammar.lengths[0] < 0 else 0, PERCENT)
    return ("percentage", bounded(node, node.value, bounds, "%") + "%") if "percentage" in grammar.kinds else None


def _dimension(node: Node, grammar: Grammar) -> tuple[str, str] | None:
    unit = node.lower_unit
    if "length" in grammar.kinds and unit in PIXELS:
        low, high = grammar.lengths
        return "length", bounded(node, node.value, (low / PIXELS[unit], high / PIXELS[unit]), unit) + unit
    if "angle" in grammar.kinds and unit in ANGLES:
        return "angle", bounded(node, node.value, (-ANGLE / ANGLES[unit], ANGLE / ANGLES[unit]), unit) + unit
    if "time" in grammar.kinds and unit in TIMES:
        return "time", bounded(node, node.value, (0, 1 / TIMES[unit]), unit) + unit
    return None


def bounded(node: Node, value: float, bounds: tuple[float, float], unit: str = "") -> str:
    """The number with at most four decimals; Refused outside the bounds."""
    low, high = bounds
    if not low <= value <= high:
        least, most = (_digits(bound) + unit for bound in bounds)
        raise Refused(node, f"This number is too {'small' if value < low else 'large'}: from {least} to {most}.")
    return _digits(value)


def _digits(value: float) -> str:
    if not math.isfinite(value):
        return "0"
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


READERS = {
    "ident": _word,
    "hash": _hash,
    "number": _number,
    "percentage": _percentage,
    "dimension": _dimension,
}


def _function(node: Node, grammar: Grammar, depth: int) -> tuple[str, str]:
    name = node.lower_name
    if name == "var":
        return _variable(node, grammar)
    if name in MATH and "math" in grammar.kinds:
        return "length", _math(node, grammar, depth)
    if name not in FUNCTIONS and name not in MATH:
        raise Refused(node, why_not_function(name))
    kind, inner = FUNCTIONS.get(name, ("", grammar))
    if kind not in grammar.kinds:
        raise Refused(node, f"{quoted(name + '()')} does not fit here. It takes {grammar.takes}.")
    return kind, f"{name}({_lists(significant(node.arguments), inner, node, depth + 1)})"


def _variable(node: Node, grammar: Grammar) -> tuple[str, str]:
    inside = significant(node.arguments)
    if len(inside) != 1 or inside[0].type != "ident" or not inside[0].value.startswith("--"):
        raise Refused(node, "Write var() with one name of the design and nothing else, such as var(--primary).")
    name = inside[0].value[2:]
    kind = KINDS.get(name, "")
    if not kind:
        near = next((f" Did you mean --{one}?" for one in get_close_matches(name[:40], KINDS, 1, 0.8)), "")
        raise Refused(
            node, f"The design has no {quoted('--' + name)}.{near or ' Its names are listed below the text.'}"
        )
    if kind not in grammar.kinds:
        raise Refused(node, f"--{name} is not something that fits here. It takes {grammar.takes}.")
    return kind, f"var(--{name})"


def _math(node: Node, grammar: Grammar, depth: int) -> str:
    if depth > DEPTH:
        raise Refused(node, "These brackets are nested too deeply. Write the value more simply.")
    name = node.lower_name if node.type == "function" else ""
    inside = node.arguments if name else node.content
    groups = split(significant(inside))
    if len(groups) > 1 and name in ("calc", ""):
        raise Refused(node, "Commas stand in min(), max() and clamp() only.")
    return f"{name}({','.join(_sum(group, grammar, node, depth) for group in groups)})"


def _sum(nodes: Sequence[Node], grammar: Grammar, whole: Node, depth: int) -> str:
    """Values with + - * / between them; each may be negative, and no smaller than what the property takes."""
    if len(nodes) % 2 == 0:
        raise Refused(whole, "Write values with + - * or / between them, and a space on both sides of + and -.")
    _, most = grammar.lengths
    freer = Grammar(frozenset({"length", "percentage", "number"}), lengths=(-most, most), numbers=(-1000, 1000))
    parts = []
    for at, node in enumerate(nodes):
        if at % 2:
            if node not in ("+", "-", "*", "/"):
                raise Refused(node, "Between two values stands + - * or /, with a space on both sides of + and -.")
            parts.append(str(node.value))
        elif node.type == "() block" or (node.type == "function" and node.lower_name in MATH):
            parts.append(_math(node, grammar, depth + 1))
        else:
            parts.append(_part(node, freer, depth)[1])
    return " ".join(parts)
