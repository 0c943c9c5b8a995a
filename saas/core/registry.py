"""The registry: every feature of this deployment, loaded by file name, frozen after the start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from saas.core.module import AuditEvent, Card, Milestone, Module, NavItem, Permission, Role, Step

_FILES = ("module", "models", "queries", "operations", "emails", "jobs", "meters", "cards", "cli", "api", "routes")
_PRODUCT = "saas.modules."


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature folder: its declaration and the files it has."""

    package: str
    module: Module
    files: dict[str, ModuleType]

    @property
    def product(self) -> str:
        """The name of the product module that this is; empty for a part of the platform."""
        return self.module.name if self.package.startswith(_PRODUCT) else ""

    @property
    def brandable(self) -> bool:
        """Whether an organisation's own CSS may act on its pages."""
        return bool(self.product) or self.module.brandable

    def attribute(self, file: str, name: str, default: Any = None) -> Any:
        """What a file of the feature offers under a name."""
        return getattr(self.files.get(file), name, default)


@dataclass(frozen=True, slots=True)
class Registry:
    """All features; answers are sorted and never change after the start.

    ``badges`` counts, for entries of the menu by endpoint, what waits behind them for whoever looks. ``standing`` counts,
    by meter, what stands in the tenant in scope (``standing`` in a feature's ``meters.py``), ``underway``, by product module,
    what is at work there now (``underway`` in the same file).
    """

    features: tuple[Feature, ...]
    permissions: dict[str, Permission]
    events: dict[str, AuditEvent]
    milestones: dict[str, Milestone]
    navigation: tuple[NavItem, ...]
    cards: tuple[Card, ...]
    steps: tuple[Step, ...]
    grants: dict[Role, frozenset[str]]
    in_teams: frozenset[str]
    badges: Mapping[str, Callable[[], int]]
    standing: Mapping[str, Callable[[], int]]
    underway: Mapping[str, Callable[[], int]]

    @classmethod
    def load(cls, packages: Iterable[str]) -> "Registry":
        """Import the features; raises ValueError when two declare the same name, or one an entry of what it does not declare."""
        features = tuple(_load(package) for package in packages)
        permissions = _unique(p for f in features for p in f.module.permissions)
        events = _unique(e for f in features for e in f.module.events)
        cards = _unique(replace(c, module=f.product) for f in features for c in f.attribute("cards", "cards", ()))
        steps = _unique(replace(s, module=f.product) for f in features for s in f.attribute("cards", "steps", ()))
        _unique(f.module for f in features)
        return cls(
            features=features,
            permissions=permissions,
            events=events,
            milestones=_unique(m for f in features for m in f.module.milestones),
            navigation=_sorted_menu([replace(n, module=f.product) for f in features for n in f.module.navigation]),
            cards=tuple(sorted(cards.values(), key=lambda card: card.order)),
            steps=tuple(sorted(steps.values(), key=lambda step: step.order)),
            grants={role: frozenset(p.name for p in permissions.values() if role in p.roles) for role in Role},
            in_teams=frozenset(p.name for p in permissions.values() if p.in_teams),
            badges={name: count for f in features for name, count in f.attribute("cards", "badges", {}).items()},
            standing={name: count for f in features for name, count in f.attribute("meters", "standing", {}).items()},
            underway={f.product: count for f in features if f.product and (count := f.attribute("meters", "underway"))},
        )

    @property
    def products(self) -> dict[str, Module]:
        """The product modules by name."""
        return {f.product: f.module for f in self.features if f.product}


def _load(package: str) -> Feature:
    import_module(package)
    files = {name: import_module(f"{package}.{name}") for name in _FILES if find_spec(f"{package}.{name}")}
    declared = getattr(files.get("module"), "module", None)
    if not isinstance(declared, Module):
        raise ValueError(f"{package}.module must declare module = Module(...)")
    if unknown := {item.feature for item in declared.navigation} - {"", *declared.features}:
        raise ValueError(
            f"{package}.module has a menu entry of a feature that it does not declare: {', '.join(unknown)}"
        )
    return Feature(package, declared, files)


def _sorted_menu(items: Sequence[NavItem]) -> tuple[NavItem, ...]:
    """What has no section first, then section by section: each stands where its first entry wants to be."""
    first = {section: min(item.order for item in items if item.section == section) for section in _sections(items)}
    return tuple(sorted(items, key=lambda item: (item.section != "", first[item.section], item.section, item.order)))


def _sections(items: Iterable[NavItem]) -> set[str]:
    return {item.section for item in items}


def _unique(items: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        if item.name in found:
            raise ValueError(f"{type(item).__name__} “{item.name}” is declared twice")
        found[item.name] = item
    return found
