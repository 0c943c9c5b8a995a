"""The hosted portal: its start, the billing details, and where flows lead."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, SelectField, StringField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from saas.billing.countries import countries
from saas.sandbox.stripe.billing.portal.acts import change_details, features_of, invoices_of, subscriptions_of
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.pages.checkout import TAX_IDS, tax_id_of
from saas.sandbox.stripe.pages.hosted import changing, hosted, say
from saas.sandbox.stripe.pages.site import store
from saas.sandbox.stripe.store import Object, Store
from saas.sandbox.stripe.taxids import FORMS

bp = hosted("portal", "/p/session")
FLOWS = {
    "payment_method_update": "portalcards.card",
    "subscription_cancel": "portalplans.cancel",
    "subscription_update": "portalplans.update",
    "subscription_update_confirm": "portalplans.confirm",
}
PLACES = ("line1", "line2", "postal_code", "city", "country")


class DetailsForm(Form):
    """Name, e-mail, address and tax id of a customer."""

    name = StringField(
        "Name", [DataRequired("Please enter a name."), Length(max=100)], render_kw={"autocomplete": "name"}
    )
    email = StringField(
        "E-mail",
        [
            DataRequired("Please enter an e-mail address."),
            Regexp(r"[^@\s]+@[^@\s]+\.[^@\s.]+$", message="This is no e-mail address."),
        ],
        render_kw={"type": "email", "autocomplete": "email"},
    )
    line1 = StringField("Address", [MayBeEmpty(), Length(max=100)], render_kw={"autocomplete": "address-line1"})
    line2 = StringField(
        "Address, second line", [MayBeEmpty(), Length(max=100)], render_kw={"autocomplete": "address-line2"}
    )
    postal_code = StringField("Postcode", [MayBeEmpty(), Length(max=20)], render_kw={"autocomplete": "postal-code"})
    city = StringField("City", [MayBeEmpty(), Length(max=80)], render_kw={"autocomplete": "address-level2"})
    country = SelectField("Country", choices=lambda: [("", "Choose a country"), *countries().items()])
    tax_id = StringField("Add a VAT or tax id", [MayBeEmpty(), Length(max=30)])

    def validate_tax_id(self, field: Any) -> None:
        """As the country writes it."""
        kind = TAX_IDS.get(self.country.data) if self.country else "eu_vat"
        if kind is None or not FORMS[kind].match(tax_id_of(field.data)):
            raise ValidationError("This is not how tax ids of this country look.")


@bp.get("/<id>")
def show(id: str) -> ResponseReturnValue:
    """What the customer has; a session that is for one thing goes straight to it, until that is done."""
    with store().lock:
        found, session = store(), session_of(store(), id)
        if session["flow"] and not session.get("_done"):
            return redirect(_of_flow(session))
        features = features_of(found, session)
        customer = found.get("customer", session["customer"])
        cards = found.find("payment_method", customer=session["customer"])
        return render_template(
            "stripe/hosted/portal.html",
            session=session,
            features=features,
            customer=customer,
            cards=cards,
            default=customer["invoice_settings"]["default_payment_method"],
            subscriptions=[_shown(found, it) for it in subscriptions_of(found, session)],
            invoices=invoices_of(found, session)[:24] if features["invoice_history"]["enabled"] else None,
            tax_ids=found.find("tax_id", customer=session["customer"]),
        )


@bp.route("/<id>/details", methods=["GET", "POST"])
def details(id: str) -> ResponseReturnValue:
    """Change the billing details, as far as the configuration lets people."""
    with changing() as found:
        session = session_of(found, id)
        allowed = features_of(found, session)["customer_update"]
        if not allowed["enabled"]:
            return closed(session)
        form = _details_form(found, session, allowed["allowed_updates"])
        if request.method == "POST" and form.validate():
            return done(
                found, session, lambda: change_details(found, session, _changed(form)), "Your details are saved."
            )
        return render_template("stripe/hosted/details.html", session=session, form=form), 422 if form.errors else 200


def session_of(found: Store, id: str) -> Object:
    """A session; raises Fault 404."""
    return found.get("billing_portal.session", id)


def closed(session: Object) -> ResponseReturnValue:
    """That the configuration does not let people do this."""
    return say(
        "This is not offered here", "The seller lets nobody do this at the portal.",
        link=url_for("portal.show", id=session["id"]), label="To the start", status=403,
    )  # fmt: skip


def done(found: Store, session: Object, act: Callable[[], object], words: str) -> ResponseReturnValue:
    """Do something and go on to where the session's flow says; a refusal is told at the start."""
    start = url_for("portal.show", id=session["id"])
    try:
        act()
    except Fault as fault:
        flash(str(fault), "danger")
        return redirect(_of_flow(session) if session["flow"] and not session.get("_done") else start, 303)
    session = session_of(found, session["id"])
    after = (session["flow"] or {}).get("after_completion", {}) if not session.get("_done") else {}
    session["_done"] = True
    if after.get("type") == "redirect":
        return redirect(after["redirect"]["return_url"], 303)
    if after.get("type") == "hosted_confirmation":
        told = (after.get("hosted_confirmation") or {}).get("custom_message")
        return say("Done", told or words, link=session["return_url"], label="Go back")
    flash(words, "success")
    return redirect(start, 303)


def _of_flow(session: Object) -> str:
    flow, place = session["flow"], FLOWS[session["flow"]["type"]]
    about = flow.get(flow["type"]) or {}
    given = {"subscription": about["subscription"]} if "subscription" in about else {}
    if entries := about.get("items"):
        given |= {name: entries[0][name] for name in ("price", "quantity") if entries[0].get(name)}
    return url_for(place, id=session["id"], **given)


def _shown(found: Store, subscription: Object) -> Object:
    item = subscription["items"]["data"][0]
    return {
        "it": subscription,
        "product": found.get("product", item["price"]["product"])["name"],
        "price": item["price"],
        "quantity": item["quantity"],
        "until": item["current_period_end"],
        "later": bool(subscription["schedule"]),
    }


def _details_form(found: Store, session: Object, allowed: list[str]) -> DetailsForm:
    customer = found.get("customer", session["customer"])
    known = {"name": customer["name"], "email": customer["email"], **(customer["address"] or {})}
    form = DetailsForm(request.form, data=known)
    for name in ("name", "email", "tax_id"):
        if name not in allowed:
            delattr(form, name)
    if "address" not in allowed:
        for name in PLACES:
            delattr(form, name)
    return form


def _changed(form: DetailsForm) -> dict[str, Any]:
    values: dict[str, Any] = {name: form[name].data for name in ("name", "email") if name in form}
    if "line1" in form:
        values["address"] = {"state": None, **{name: form[name].data or None for name in PLACES}}
    if "tax_id" in form and form.tax_id.data:
        kind = TAX_IDS[form.country.data] if "country" in form else "eu_vat"
        values["tax_id"] = {"type": kind, "value": tax_id_of(form.tax_id.data)}
    return values
