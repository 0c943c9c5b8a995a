"""Documents to show, made from a seed by the operation that checks them; the same seed makes the same ones."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from saas.core.actor import Actor
from saas.core.clock import ago, now
from saas.core.database import db
from saas.members.demo import actor_of
from saas.modules.validations.checking import CUSTOM
from saas.modules.validations.module import CUSTOM_GATES, RUN
from saas.modules.validations.module import module as own_module
from saas.modules.validations.operations.gates import GateDraft, create_gate
from saas.modules.validations.operations.validations import Draft, run_validation
from saas.modules.validations.samples import SAMPLES, Sample
from saas.tenancy.entitlements import entitlements

OFFICE_HOURS = range(7, 18)
WEEKEND = (5, 6)
USUAL = 4
"""Documents on a usual working day of an organisation with some people."""

GATES = (
    GateDraft(
        "Registered office is named",
        "must",
        "registered in",
        "medium",
        "Every letter of ours names the company with its registered office.",
    ),
    GateDraft("No former name", "must_not", "Northwind Partners", "high", "Since the merger we write Northwind LLP."),
    GateDraft("No “best in class”", "must_not", "best in class", "low"),
)


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Fill the tenant in scope, once: its people (ids of accounts) check documents over the last days."""
    if not entitlements().uses_module(own_module.name):
        return
    random, until = Random(seed), now()  # noqa: S311 (nothing secret comes of it)
    held = {name for one in SAMPLES for name in one.rule_sets if entitlements().allows(name)}
    if entitlements().allows(CUSTOM_GATES):
        _make_gates(people[0], days)
        held.add(CUSTOM)
    writers = [actor for actor in map(actor_of, people) if actor.can(RUN)]
    offered = [one for one in SAMPLES if held.intersection(one.rule_sets)]
    for at in _moments(random, until - timedelta(days=days), until, USUAL if len(people) > 2 else 2):
        _check(random, random.choice(offered), held, random.choice(writers), until - at)


def _make_gates(owner: UUID, days: int) -> None:
    with ago(timedelta(days=days)):
        for draft in GATES:
            create_gate(draft, actor=actor_of(owner))
        db.session.flush()


def _moments(random: Random, since: datetime, until: datetime, usual: int) -> Iterator[datetime]:
    """When documents are checked: more as time goes by, few at weekends, all in office hours."""
    days = (until - since).days
    for number in range(days + 1):
        day = (since + timedelta(days=number)).replace(hour=0, minute=0, second=0, microsecond=0)
        busy = (0.6 + 0.8 * number / max(days, 1)) * (0.15 if day.weekday() in WEEKEND else 1)
        for _ in range(round(usual * busy * random.uniform(0.4, 1.6))):
            at = day + timedelta(hours=random.choice(OFFICE_HOURS), seconds=random.randrange(3600))
            if since <= at <= until - timedelta(minutes=1):
                yield at


def _check(random: Random, sample: Sample, held: set[str], actor: Actor, back: timedelta) -> None:
    """Check one of the samples with some of its sentences forgotten, as first drafts are."""
    chosen = [name for name in sample.rule_sets if name in held]
    if CUSTOM in held and random.random() < 0.4:
        chosen.append(CUSTOM)
    forgotten = random.random() < 0.55
    lines = [line for line in sample.lines if not (forgotten and random.random() < 0.18)]
    if random.random() < 0.15:
        lines.append(sample.slip)
    title = f"{random.choice(sample.titles)} {random.choice(('', 'v2', 'v3', 'final', 'for review'))}".strip()
    with ago(back):
        draft = Draft(title, sample.document_type, "\n\n".join(lines), chosen)
        run_validation(draft, actor=actor)
        db.session.flush()
