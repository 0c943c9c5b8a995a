"""What operators type: ``users=30``, ``storage=unlimited``, ``sso=on``, and ``plan`` for what the plan says."""

from collections.abc import Iterable, Iterator

from saas.core.errors import Invalid

PLAN = "plan"
_FLAGS = {"on": True, "off": False, PLAN: None}


def read_limits(texts: Iterable[str]) -> dict[str, int | str | None]:
    """Limits by meter, as ``saas.tenancy.plans.set_overrides`` takes them; raises Invalid."""
    return {name: _limit(value) for name, value in _pairs(texts, "limit")}


def _limit(value: str) -> int | str | None:
    if value == PLAN:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else value


def read_features(texts: Iterable[str]) -> dict[str, bool | None]:
    """Features with whether they are on, None for what the plan says; raises Invalid."""
    pairs = dict(_pairs(texts, "feature"))
    if wrong := [name for name, value in pairs.items() if value not in _FLAGS]:
        raise Invalid(f"Say on, off or plan for {', '.join(wrong)}.", field="feature")
    return {name: _FLAGS[value] for name, value in pairs.items()}


def _pairs(texts: Iterable[str], field: str) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Invalid(f"Write NAME=VALUE, not “{text}”.", field=field)
        yield name.strip(), value.strip()
