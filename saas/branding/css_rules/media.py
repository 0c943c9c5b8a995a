"""Media queries: how wide the window is, light or dark, motion, paper."""

from collections.abc import Sequence

from saas.branding.css_rules.faults import Node, Refused, quoted
from saas.branding.css_rules.grammar import Grammar, grammar
from saas.branding.css_rules.values import significant, split, written

TYPES = ("screen", "print")
WIDTH = grammar("length", lengths=(0, 10_000))
FEATURES: dict[str, Grammar] = {
    "min-width": WIDTH,
    "max-width": WIDTH,
    "prefers-color-scheme": grammar("", "light dark"),
    "prefers-reduced-motion": grammar("", "reduce no-preference"),
}
QUERIES, CONDITIONS = 4, 4
SAMPLE = "Write a query such as (min-width: 40rem), (prefers-color-scheme: dark) or print."


def media(prelude: Sequence[Node], rule: Node) -> str:
    """The queries as we write them; Refused for any other than those of FEATURES and TYPES."""
    queries = split(significant(prelude))
    if len(queries) > QUERIES:
        raise Refused(rule, f"These are too many queries: {QUERIES} may be divided by commas.")
    return ",".join(_query(query, rule) for query in queries)


def _query(nodes: Sequence[Node], rule: Node) -> str:
    if len(nodes) % 2 == 0 or len(nodes) > 2 * CONDITIONS:
        raise Refused(nodes[0] if nodes else rule, SAMPLE)
    for node in nodes[1::2]:
        if node.type != "ident" or node.lower_value != "and":
            raise Refused(node, f"Between two conditions stands “and”. {SAMPLE}")
    return " and ".join(_condition(node, first=at == 0) for at, node in enumerate(nodes[::2]))


def _condition(node: Node, *, first: bool) -> str:
    if node.type == "ident" and first and node.lower_value in TYPES:
        return str(node.lower_value)
    inside = significant(node.content) if node.type == "() block" else []
    if len(inside) < 3 or inside[0].type != "ident" or inside[1] != ":":
        raise Refused(node, SAMPLE)
    name = inside[0].lower_value
    if name not in FEATURES:
        raise Refused(inside[0], f"{quoted(name)} cannot be asked for. {SAMPLE}")
    if inside[2].type == "ident" and inside[2].lower_value not in FEATURES[name].words:
        raise Refused(inside[2], SAMPLE)
    return f"({name}:{written(inside[2:], FEATURES[name], node)})"
