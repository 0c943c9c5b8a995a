"""Portal sessions over the API."""

from typing import Any

from stripe.params.billing_portal import SessionCreateParams

from saas.sandbox.stripe.errors import invalid, unknown
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

CREATED_WITH = all_but(SessionCreateParams, "configuration customer flow_data locale return_url")
FLOWS = ("payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm")
NEEDS = {
    "payment_method_update": "payment_method_update",
    "subscription_cancel": "subscription_cancel",
    "subscription_update": "subscription_update",
    "subscription_update_confirm": "subscription_update",
}
"""The feature of the configuration that each flow needs."""


@route("POST", "/v1/billing_portal/sessions", SessionCreateParams, unknown=CREATED_WITH)
def create(call: Call) -> Object:
    """A new session, to which the customer is redirected."""
    store, values = call.store, call.values
    if "customer" not in values:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = store.get("customer", values["customer"], "customer")["id"]
    configuration = _configuration(store, values.get("configuration"))
    id = new_id(PREFIXES["billing_portal.session"])
    made = {
        "id": id,
        "configuration": configuration["id"],
        "created": store.now(customer),
        "customer": customer,
        "flow": _flow(store, configuration, customer, values.get("flow_data")),
        "locale": values.get("locale"),
        "return_url": values.get("return_url") or configuration["default_return_url"],
        "url": f"{store.address}/p/session/{id}",
    }
    session = store.add("billing_portal.session", made)
    store.emit("billing_portal.session.created", session)
    return session


def _configuration(store: Store, id: str | None) -> Object:
    if id is not None:
        return store.get("billing_portal.configuration", id, "configuration")
    found = store.find("billing_portal.configuration", is_default=True, active=True)
    if not found:
        raise invalid(
            "No configuration provided and your test mode default configuration has not been created. Provide a "
            "configuration or create your default by saving your customer portal settings."
        )
    return found[0]


def _flow(store: Store, configuration: Object, customer: str, given: dict[str, Any] | None) -> Object | None:
    """The flow that the session is for; raises Fault for one that the configuration does not let happen."""
    if given is None:
        return None
    kind = given["type"]
    if kind not in FLOWS:
        raise unknown(f"the flow {kind}", "flow_data[type]")
    if not configuration["features"][NEEDS[kind]]["enabled"]:
        raise invalid(f"The {NEEDS[kind]} feature in the portal configuration is disabled.", "flow_data[type]")
    own = given.get(kind)
    if kind != "payment_method_update":
        if own is None:
            raise invalid(f"Missing required param: flow_data[{kind}].", f"flow_data[{kind}]", "parameter_missing")
        _check_own(store, customer, own, f"flow_data[{kind}]")
    flows: Object = dict.fromkeys((*FLOWS, "customer_update", "subscription_pause"))
    flows.pop("payment_method_update")
    if own is not None and kind in flows:
        flows[kind] = own
    if kind == "subscription_update_confirm" and own is not None:
        flows[kind] = {
            "discounts": None,
            **own,
            "items": [{"price": None, "quantity": None, **it} for it in own["items"]],
        }
    after = {"type": "portal_homepage"} | (given.get("after_completion") or {})
    return {"type": kind, "after_completion": after, **flows}


def _check_own(store: Store, customer: str, own: dict[str, Any], at: str) -> None:
    subscription = store.get("subscription", own["subscription"], f"{at}[subscription]")
    if subscription["customer"] != customer:
        raise invalid("The subscription does not belong to this customer.", f"{at}[subscription]")
    if unfit := own.keys() - {"items", "subscription"}:
        raise unknown(f"{sorted(unfit)} of flows", at)
    known = {item["id"] for item in subscription["items"]["data"]}
    for entry in own.get("items", []):
        if entry["id"] not in known:
            raise invalid(f"No such subscription item: '{entry['id']}'", f"{at}[items]", "resource_missing")
