"""Demo data, loaded once: five organisations with their people, and what the product modules want to show.

Each organisation is one transaction, so that a load that was interrupted goes on with the next one.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol
from uuid import UUID

from saas.accounts.models import User
from saas.accounts.operations import clean_up, create_user
from saas.catalogue.current import catalogue
from saas.core.actor import SYSTEM
from saas.core.clock import ago, now
from saas.core.database import db
from saas.core.module import Role
from saas.core.runtime import runtime, settings
from saas.sandbox.demo.people import ACME, ORGANISATIONS, PASSWORD, Organisation, Person, plan_of
from saas.sandbox.demo.visits import sign_in_over_time
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status, create_tenant, set_profile
from saas.tenancy.plans import set_overrides
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.queries import is_name_free
from saas.tenancy.scope import inside, platform_scope, platform_work
from saas.usage.operations.rolling import roll_up
from saas.usage.operations.telling import tell_of_all

FIRST_MORNING = timedelta(hours=4)
"""How long before its first work an organisation is founded, and its people come in."""
BETWEEN_ARRIVALS = timedelta(minutes=25)


class Fill(Protocol):
    """What the file ``demo`` of a feature offers as ``fill``: data for the tenant in scope, without a commit."""

    def __call__(self, *, seed: int, people: Sequence[UUID], days: int) -> None:
        """The same seed makes the same data; ``people`` are accounts that worked during the last ``days``."""


def is_loaded() -> bool:
    """Whether all demo data are there."""
    return not _is_free(ACME.slug)


def load(progress: Callable[[str], None] = lambda name: None) -> None:
    """Found the organisations that are missing; ``progress`` hears the name of each before it is made."""
    with owner_connection() as connection:
        top_up(connection, max(settings().spare_schemas, len(ORGANISATIONS)))
    for organisation in ORGANISATIONS:
        if _is_free(organisation.slug):
            progress(organisation.name)
            _found(organisation)


def _is_free(slug: str) -> bool:
    with platform_scope():
        return is_name_free(slug)


def _found(organisation: Organisation) -> None:
    since = timedelta(days=organisation.days) + FIRST_MORNING
    with platform_work():
        with ago(since):
            tenant = _make(organisation)
        with inside(tenant):
            arrivals = [since - n * BETWEEN_ARRIVALS for n in range(len(organisation.people))]
            hired = [_hire(*arrival) for arrival in zip(organisation.people, arrivals, strict=True)]
            for place, user in enumerate(hired):
                sign_in_over_time(user, place=place, came=arrivals[place])
            clean_up()
            workers = [user.id for user in hired if user.role != Role.VIEWER]
            for fill in _fills():
                fill(
                    seed=ORGANISATIONS.index(organisation), people=workers, days=organisation.busy or organisation.days
                )
            roll_up()
            tell_of_all()
        _move(tenant, organisation, since)


def _make(organisation: Organisation) -> Tenant:
    billing = organisation.people[0].email
    tenant = create_tenant(
        name=organisation.name, slug=organisation.slug, billing_email=billing, plan=plan_of(organisation), actor=SYSTEM
    )
    set_profile(tenant, time_zone=organisation.time_zone, language="en", support_address="", actor=SYSTEM)
    tenant.industry, tenant.verified_at = organisation.industry, now()
    db.session.flush()
    _give(tenant, organisation)
    return tenant


def _give(tenant: Tenant, organisation: Organisation) -> None:
    """What an organisation may use besides its plan, so that all of it can be tried."""
    known = [feature for feature in organisation.given if feature in catalogue().features]
    if known:
        set_overrides(tenant, features=dict.fromkeys(known, True), actor=SYSTEM)


def _hire(person: Person, came: timedelta) -> User:
    with ago(came):
        user = create_user(email=person.email, name=person.name, password=PASSWORD, role=person.role, actor=SYSTEM)
        user.verified_at = now()
        db.session.flush()
    return user


def _fills() -> list[Fill]:
    """``fill`` of every feature that has a file ``demo``."""
    packages = [f"{feature.package}.demo" for feature in runtime().registry.features]
    return [import_module(package).fill for package in packages if find_spec(package)]


def _move(tenant: Tenant, organisation: Organisation, since: timedelta) -> None:
    if organisation.pays and tenant.trial_ends_at:
        with ago(max(now() - tenant.trial_ends_at, timedelta())):
            change_status(tenant, Status.ACTIVE, reason="The trial ended with a subscription.", actor=SYSTEM)
            db.session.flush()
    if organisation.suspended:
        change_status(tenant, Status.SUSPENDED, reason=organisation.suspended, actor=SYSTEM)
