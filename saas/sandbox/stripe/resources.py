"""All files that write routes into the table; whoever imports this has the whole API."""

from saas.sandbox.stripe import (
    balances,
    configurations,
    customers,
    discounts,
    endpoints,
    intents,
    meters,
    methods,
    prices,
    products,
    refunds,
    setups,
    taxids,
    testclocks,
    usage,
)
from saas.sandbox.stripe.billing import (
    clockwork,
    creditnotes,
    invoiceitems,
    invoices,
    itemroutes,
    schedules,
    subscriptions,
)
from saas.sandbox.stripe.billing.checkout import sessions as checkout_sessions
from saas.sandbox.stripe.billing.portal import sessions as portal_sessions

MODULES = (
    balances,
    configurations,
    customers,
    discounts,
    endpoints,
    intents,
    meters,
    methods,
    prices,
    products,
    refunds,
    setups,
    taxids,
    testclocks,
    usage,
    clockwork,
    creditnotes,
    invoiceitems,
    invoices,
    itemroutes,
    schedules,
    subscriptions,
    checkout_sessions,
    portal_sessions,
)
"""The files."""
