"""A customer's balance (minor units; below zero it is credit) and the transactions that made it."""

from typing import Any

from stripe.params import (
    CustomerBalanceTransactionCreateParams,
    CustomerBalanceTransactionListParams,
    CustomerBalanceTransactionUpdateParams,
)

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid, missing
from saas.sandbox.stripe.lists import in_range, page
from saas.sandbox.stripe.money import currency
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

ADDRESS = "/v1/customers/{id}/balance_transactions"
FILTERS = all_but(CustomerBalanceTransactionListParams, "created ending_before limit starting_after invoice")


@route("POST", ADDRESS, CustomerBalanceTransactionCreateParams)
def create_transaction(call: Call) -> Object:
    """Credit (below zero) or debit a customer by hand."""
    customer, values = call.store.get("customer", call.id), dict(call.values)
    amount, code = values.pop("amount"), currency(values.pop("currency"))
    return change_balance(call.store, customer, amount, code, "adjustment", **values)


@route("GET", ADDRESS, CustomerBalanceTransactionListParams, unknown=FILTERS)
def list_transactions(call: Call) -> Object:
    """What changed a customer's balance, newest first."""
    call.store.get("customer", call.id)
    rows = call.store.find("customer_balance_transaction", customer=call.id)
    rows = [row for row in rows if in_range(row["invoice"], call.values.get("invoice"))]
    return page(call, rows, ADDRESS.format(id=call.id))


@route("GET", ADDRESS + "/{transaction}")
def show_transaction(call: Call) -> Object:
    """One change of a customer's balance."""
    return _own(call)


@route("POST", ADDRESS + "/{transaction}", CustomerBalanceTransactionUpdateParams)
def update_transaction(call: Call) -> Object:
    """Change the words of a transaction."""
    found = _own(call)
    change(found, call.values)
    return found


def change_balance(store: Store, customer: Object, amount: int, code: str, type: str, **fields: Any) -> Object:
    """Add an amount to a customer's balance; raises Fault when the customer has another currency."""
    if customer["currency"] not in (None, code):
        message = f"The customer's currency is {customer['currency']}; a balance in {code} cannot be kept beside it."
        raise invalid(message, "currency")
    before = store.copy_of(customer)
    customer["balance"] += amount
    customer["currency"] = code
    values = {"customer": customer["id"], "amount": amount, "currency": code, "type": type}
    made = store.add("customer_balance_transaction", values | {"ending_balance": customer["balance"]} | fields)
    store.emit("customer.updated", customer, before)
    return made


def _own(call: Call) -> Object:
    found = call.store.get("customer_balance_transaction", call.path["transaction"])
    if found["customer"] != call.id:
        raise missing("customer_balance_transaction", found["id"])
    return found
