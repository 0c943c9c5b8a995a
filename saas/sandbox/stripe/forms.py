"""Form bodies and queries as Stripe nests them: ``items[0][price]=…`` becomes a tree of dicts whose leaves are text."""

import re
from collections.abc import Iterable
from typing import Any

from saas.sandbox.stripe.errors import invalid

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")

Tree = dict[str, Any]


def decode(pairs: Iterable[tuple[str, str]]) -> Tree:
    """The tree of some pairs; a list is a dict with the keys "0", "1" … (``a[]`` counts up). Raises Fault."""
    tree: Tree = {}
    for key, value in pairs:
        found = KEY.match(key)
        if not found:
            raise invalid(f"Received unknown parameter: {key}", key, "parameter_unknown")
        _put(tree, [found.group(1), *PART.findall(found.group(2))], value, key)
    return tree


def _put(tree: Tree, parts: list[str], value: str, key: str) -> None:
    for part in parts[:-1]:
        tree = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid object: {key}", key)
    last = parts[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise invalid(f"Invalid string: {key}", key)
    tree[last] = value
