"""Subscribing: from a plan to a subscription that Stripe charges, whatever the way."""

import pytest
from sqlalchemy import select

from saas.billing.gateway import Declined
from saas.billing.models import Invoice, Subscription
from saas.core.database import db
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_scope, tenant_scope
from tests.cast import Organisation


def standing(organisation: Organisation) -> tuple[str, str]:
    with platform_scope() as session:
        tenant = session.get_one(Tenant, organisation.id)
        return tenant.plan, tenant.status


class TestWithCard:
    def test_the_organisation_has_what_it_pays_for(self, subscribed):
        acme = subscribed("pro")
        assert standing(acme) == ("pro", "active")
        with tenant_scope(acme):
            (invoice,) = db.session.scalars(select(Invoice)).all()
            (subscription,) = db.session.scalars(select(Subscription)).all()
        assert (invoice.status, invoice.total, invoice.paid, invoice.currency) == ("paid", 2900, 2900, "EUR")
        assert (subscription.plan, subscription.cycle, subscription.amount) == ("pro", "month", 2900)

    def test_a_card_that_is_declined_changes_nothing(self, subscribed, acme):
        before = standing(acme)
        with pytest.raises(Declined):
            subscribed("pro", card="pm_card_chargeDeclined")
        assert standing(acme) == before
