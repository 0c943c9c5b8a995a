"""The vocabulary in which a feature declares itself.

``module`` of a menu entry, a card or a step is filled by the registry: the product module that it belongs to, empty for the
platform's own. Who does not work with a module sees nothing of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """The five roles of an organisation, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    TEAM_ADMIN = "team_admin"
    MEMBER = "member"
    VIEWER = "viewer"


def label_of(role: str) -> str:
    """What a role is called on a page."""
    return role.replace("_", " ").capitalize()


ADMINS = (Role.OWNER, Role.ADMIN)
MEMBERS = (Role.OWNER, Role.ADMIN, Role.TEAM_ADMIN, Role.MEMBER)
EVERYONE = tuple(Role)


@dataclass(frozen=True, slots=True)
class Permission:
    """Something one may do: ``name`` as ``feature.verb``, a label, the roles that hold it, and a sentence on what it opens.

    One that is good ``in_teams`` can be given for a team and those below it; team admins hold it in the teams they lead.
    """

    name: str
    label: str
    roles: tuple[Role, ...] = ADMINS
    sentence: str = ""
    in_teams: bool = False


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something the audit log tells: ``name`` as ``feature.object.happened``, and what the actor did, as in “invited {target}”."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the menu; shown to those who hold ``permission`` (everyone when None), sorted by ``order``.

    Where the plan lacks the ``feature`` it is marked with a lock; the page behind it says which plans have it.
    """

    label: str
    endpoint: str
    icon: str
    permission: Permission | None = None
    section: str = ""
    order: int = 100
    module: str = ""
    feature: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the organisation's home: ``query`` gives what ``template`` needs, or None to stay away.

    ``width`` counts columns of twelve.
    """

    name: str
    template: str
    query: Callable[[], Mapping[str, Any] | None]
    permission: Permission | None = None
    width: int = 6
    order: int = 100
    module: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of getting started; ``done`` answers for the tenant in scope, without a request.

    A ``personal`` one answers for whoever looks at the page, and only there.
    """

    name: str
    label: str
    sentence: str
    endpoint: str
    done: Callable[[], bool]
    permission: Permission | None = None
    order: int = 100
    personal: bool = False
    module: str = ""


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that an organisation does for the first time, told by ``saas.core.milestones.reach``.

    Whoever did it is congratulated by mail: a title, a sentence on what can be done next, the path where, and what the
    button to it says. ``mail`` is the folder of the message's templates.
    """

    name: str
    title: str
    sentence: str
    path: str
    action: str
    mail: str = "first_use"


@dataclass(frozen=True, slots=True)
class Module:
    """A feature's table of contents, in its ``module.py``; cards and steps of getting started stand in its ``cards.py``.

    ``meters`` and ``features`` are the names in a catalogue that it counts and asks for. ``sentence`` says what a product
    module is for, to whoever switches it on. On pages that are ``brandable`` an organisation's own CSS may act; those of product
    modules are.
    """

    name: str
    label: str
    permissions: tuple[Permission, ...] = ()
    events: tuple[AuditEvent, ...] = ()
    navigation: tuple[NavItem, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    meters: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    sentence: str = ""
    brandable: bool = False
