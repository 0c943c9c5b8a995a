"""What a security policy of an organisation may be: within the platform's bounds, and never such that its author is locked out."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from saas.accounts import methods
from saas.accounts.queries import longest_session
from saas.core.actor import Actor
from saas.core.errors import Invalid
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import FeatureLocked
from saas.tenancy.policy import NetworkList, SecurityPolicy, in_words

FEWEST_MINUTES, FEWEST_HOURS = 5, 1
NETWORKS = "ip_allow_list"
"""The feature of a catalogue that lets an organisation say from where people may come."""


def normal(policy: SecurityPolicy) -> SecurityPolicy:
    """The policy as it is kept: networks in their usual spelling; no methods when all are allowed, so that later ones are too."""
    names = [method.name for method in methods.METHODS]
    chosen = tuple(name for name in names if name in policy.methods)
    networks = NetworkList.read(policy.networks).networks
    return replace(policy, networks=networks, methods=() if len(chosen) == len(names) else chosen)


def faults_of(policy: SecurityPolicy, *, actor: Actor) -> Iterator[Invalid]:
    """Why this actor cannot set the policy: one refusal for each field that is wrong."""
    most_hours, most_minutes = longest_session()
    if policy.idle_minutes is not None and not FEWEST_MINUTES <= policy.idle_minutes <= most_minutes:
        yield Invalid(f"Give a number from {FEWEST_MINUTES} to {most_minutes}, or nothing.", field="idle_minutes")
    if policy.absolute_hours is not None and not FEWEST_HOURS <= policy.absolute_hours <= most_hours:
        yield Invalid(f"Give a number from {FEWEST_HOURS} to {most_hours}, or nothing.", field="absolute_hours")
    if policy.methods and not any(method.name in policy.methods for method in methods.METHODS):
        yield Invalid("Leave at least one way to sign in.", field="methods")
    listed = NetworkList.read(policy.networks)
    if listed.networks and not entitlements().allows(NETWORKS):
        yield Invalid(FeatureLocked(NETWORKS).message, field="networks")
    elif listed.faults:
        yield Invalid(listed.message, field="networks")
    elif not policy.lets_in(actor.address):
        yield Invalid(
            f"Your own address, {actor.address or 'which is not known'}, is not on the list: you would lock yourself out.",
            field="networks",
        )


def version_of(stored: Mapping[str, Any]) -> str:
    """A mark of a stored policy, by which a page that is older than the last change is recognised."""
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of policy does to one of its parts, in words; of a list, what comes and what goes."""

    label: str
    before: str = ""
    after: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def differences(before: SecurityPolicy, after: SecurityPolicy) -> list[Difference]:
    """What changes from one policy to another."""
    found = (
        Difference("Time without a page", _minutes(before.idle_minutes), _minutes(after.idle_minutes)),
        Difference("Time after signing in", _hours(before.absolute_hours), _hours(after.absolute_hours)),
        Difference("Ways to sign in", _ways(before.methods), _ways(after.methods)),
        Difference("Where people come from", _places(before.networks), _places(after.networks)),
    )
    listed = replace(
        found[-1],
        added=tuple(one for one in after.networks if one not in before.networks),
        removed=tuple(one for one in before.networks if one not in after.networks),
    )
    changed = [each for each in found[:-1] if each.before != each.after]
    return [*changed, listed] if listed.added or listed.removed else changed


def _minutes(limit: int | None) -> str:
    return in_words(minutes=limit or longest_session()[1]) + ("" if limit else " (the platform’s limit)")


def _hours(limit: int | None) -> str:
    return in_words(minutes=60 * (limit or longest_session()[0])) + ("" if limit else " (the platform’s limit)")


def _ways(names: Sequence[str]) -> str:
    return ", ".join(method.label for method in methods.METHODS if method.name in names) if names else "All of them"


def _places(networks: Sequence[str]) -> str:
    many = "" if len(networks) == 1 else "s"
    return f"{len(networks)} address{'es' if many else ''} or network{many}" if networks else "Everywhere"
