"""Values that a property takes and that would make text vanish: colours that show what is behind, and no width at all."""

from collections.abc import Iterator, Sequence

from saas.branding.css_rules.faults import Node, Refused
from saas.branding.css_rules.reasons import HIDES
from saas.branding.css_rules.tokens import TRANSLUCENT
from saas.branding.css_rules.values import significant, split

SEEN_THROUGH = f"Text needs a colour through which nothing can be seen. {HIDES}"
NO_WIDTH = f"A width cannot be nothing. {HIDES}"
TEXT, WIDTHS = frozenset({"color"}), frozenset({"width", "max-width"})


def check_shown(name: str, value: Sequence[Node]) -> None:
    """Refuse what would hide text; the value is one that the property takes."""
    for node in significant(value):
        if name in TEXT and not _is_opaque(node):
            raise Refused(node, SEEN_THROUGH)
        if name in WIDTHS and (nothing := next(_nothings(node), None)):
            raise Refused(nothing, NO_WIDTH)


def _is_opaque(node: Node) -> bool:
    if node.type == "ident":
        return bool(node.lower_value != "transparent")
    if node.type == "hash":
        return len(node.value) in (3, 6) or set(node.value[3 if len(node.value) == 4 else 6 :].lower()) == {"f"}
    if node.type != "function":
        return True
    inside = significant(node.arguments)
    if node.lower_name == "var":
        return inside[0].value.removeprefix("--") not in TRANSLUCENT
    if node.lower_name == "color-mix":
        return _is_full_mixture(inside)
    return all(one.type in ("number", "percentage") and one.value >= _WHOLE[one.type] for one in _alphas(inside))


_WHOLE = {"number": 1, "percentage": 100}


def _alphas(inside: Sequence[Node]) -> Sequence[Node]:
    """What says how opaque a colour is: behind a slash, or behind the third comma."""
    slash = next((at for at, node in enumerate(inside) if node == "/"), len(inside))
    return [*inside[slash + 1 :], *(node for group in split(inside)[3:] for node in group)]


def _is_full_mixture(inside: Sequence[Node]) -> bool:
    """Shares of less than the whole leave the rest of a mixture open."""
    shares = [node.value for node in inside if node.type == "percentage"]
    return all(_is_opaque(node) for node in inside) and (len(shares) < 2 or sum(shares) >= 100)


def _nothings(node: Node) -> Iterator[Node]:
    """The zeros in a value, in brackets too."""
    if node.type in ("number", "percentage", "dimension") and node.value == 0:
        yield node
    for inner in getattr(node, "arguments", None) or getattr(node, "content", None) or ():
        yield from _nothings(inner)
