"""The hosted checkout: what is bought, the card, and the way back to the seller."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from saas.billing.countries import EU
from saas.sandbox.stripe.billing.checkout.completing import Outcome, complete, drop_code, redeem_code, return_address
from saas.sandbox.stripe.billing.checkout.sums import needs_card
from saas.sandbox.stripe.billing.periods import DAY
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.pages.cards import HINTS, CardForm, Typed, add_card, drop_card
from saas.sandbox.stripe.pages.hosted import changing, hosted, say, with_address
from saas.sandbox.stripe.pages.site import store
from saas.sandbox.stripe.store import Object, Store
from saas.sandbox.stripe.taxids import FORMS

bp = hosted("checkout", "/c/pay")
ASKED = "checkout attempts"
"""What was typed while the holder of the card is asked, by session."""
TAX_IDS = {"GB": "gb_vat", "CH": "ch_vat", "US": "us_ein", **dict.fromkeys(EU, "eu_vat")}
OVER = {
    "complete": (
        "This is done already",
        "It was paid for, or set up, before. Nothing is charged a second time.",
        "Go on",
    ),
    "expired": ("This page has expired", "Nothing was charged. Go back to the seller and begin anew.", "Go back"),
}


class CheckoutForm(CardForm):
    """A card, who pays, and a promotion code."""

    email = StringField(
        "E-mail",
        [
            DataRequired("Please enter an e-mail address."),
            Length(max=200, message="This is too long."),
            Regexp(r"[^@\s]+@[^@\s]+\.[^@\s.]+$", message="This is no e-mail address."),
        ],
        render_kw={"type": "email", "autocomplete": "email"},
    )
    tax_id = StringField("VAT or tax id", [MayBeEmpty(), Length(max=30, message="This is too long for a tax id.")])
    promotion = StringField("Promotion code", [MayBeEmpty(), Length(max=60, message="This is too long for a code.")])

    def validate_tax_id(self, field: Any) -> None:
        """As the country writes it."""
        kind = TAX_IDS.get(self.country.data)
        if kind is None:
            raise ValidationError("The sandbox does not know the tax ids of this country.")
        if not FORMS[kind].match(tax_id_of(field.data)):
            raise ValidationError("This is not how tax ids of this country look.")

    def details(self) -> dict[str, Any]:
        """Who pays, as ``complete`` takes it."""
        found: dict[str, Any] = {"email": self.email.data}
        if self.number:
            found |= {"name": self.name.data, **with_address(self.country.data)}
        if self.tax_id and self.tax_id.data:
            found["tax_id"] = {"type": TAX_IDS[self.country.data], "value": tax_id_of(self.tax_id.data)}
        return found


@bp.get("/<id>")
def show(id: str) -> ResponseReturnValue:
    """The page; one that is over says so."""
    with store().lock:
        session = store().get("checkout.session", id)
        return _page(session, form_of(session)) if session["status"] == "open" else _over(session)


@bp.post("/<id>")
def act(id: str) -> ResponseReturnValue:
    """Pay; or apply or remove a promotion code. What is done already is not done again."""
    with changing() as found:
        session = found.get("checkout.session", id)
        if session["status"] != "open":
            return redirect(return_address(session), 303) if session["status"] == "complete" else _over(session)
        form = form_of(session)
        wanted = _wanted(form)
        if wanted in ("apply", "remove"):
            return _code(found, session, form, wanted)
        if not form.validate():
            return _page(session, form, status=422)
        typed = form.typed() if form.number else Typed()
        return _outcome(found, session, form, typed, form.details())


def _wanted(form: CheckoutForm) -> str:
    """What was pressed. Enter presses “pay”, also in the field of the code: without a card, the code is meant."""
    pressed = request.form.get("act", "")
    code, card = (form[name].data if name in form else "" for name in ("promotion", "number"))
    return "apply" if pressed == "pay" and code and "number" in form and not card else pressed


@bp.get("/<id>/authenticate")
def ask(id: str) -> ResponseReturnValue:
    """The question of the bank, after a card that asks for it was typed."""
    with store().lock:
        session = store().get("checkout.session", id)
        if session["status"] != "open" or id not in store().note(ASKED):
            return redirect(url_for(".show", id=id), 303)
        return render_template("stripe/hosted/ask.html", amount=session["amount_total"], currency=session["currency"])


@bp.post("/<id>/authenticate")
def answer(id: str) -> ResponseReturnValue:
    """Complete or fail the authentication."""
    with changing() as found:
        session, asked = found.get("checkout.session", id), found.note(ASKED).pop(id, None)
        if session["status"] != "open" or asked is None:
            return redirect(url_for(".show", id=id), 303)
        known = {**asked["details"], "name": asked["typed"]["name"], "country": asked["typed"]["country"]}
        form = form_of(session, **{name: known.get(name) for name in ("email", "name", "country")})
        agreed = request.form.get("outcome") == "complete"
        return _outcome(found, session, form, asked["typed"], asked["details"], authenticated=agreed)


def form_of(session: Object, **known: Any) -> CheckoutForm:
    """The form with those fields that the session asks for."""
    held = (session["customer_details"] or {}).get("email")
    form = CheckoutForm(request.form, at=store().now(session["customer"]), data={"email": held, **known})
    if held:
        form.email.data, form.email.validators = held, []
        form.email.render_kw = {"readonly": True, "autocomplete": "email"}
    if not (session["tax_id_collection"] or {}).get("enabled"):
        del form.tax_id
    if not session["allow_promotion_codes"]:
        del form.promotion
    if not needs_card(session):
        for name in ("number", "expiry", "code", "name", "country", "tax_id"):
            if name in form:
                delattr(form, name)
    return form


def tax_id_of(text: str) -> str:
    """A tax id as it is kept: without spaces and dots, in capitals."""
    return "".join(text.split()).replace(".", "").upper()


def _code(found: Store, session: Object, form: CheckoutForm, wanted: str) -> ResponseReturnValue:
    if wanted == "remove":
        drop_code(found, session)
        return _page(session, form)
    try:
        redeem_code(found, session, form.promotion.data or "")
    except Fault as fault:
        form.promotion.errors = [*form.promotion.errors, str(fault)]
        return _page(session, form, status=422)
    form.promotion.data = ""
    return _page(session, form_of(session) if not needs_card(session) else form)


def _outcome(
    found: Store, session: Object, form: CheckoutForm, typed: Typed, details: dict[str, Any], **more: Any
) -> ResponseReturnValue:
    """Try to complete the session, and go where that leads."""
    method = add_card(found, typed)["id"] if typed else None
    outcome: Outcome = complete(found, session, method, details=details, **more)
    if outcome.status == "complete":
        return redirect(outcome.url or "/", 303)
    if method:
        drop_card(found, method)
    if outcome.status == "requires_action":
        found.note(ASKED)[session["id"]] = {"typed": typed, "details": details}
        return redirect(url_for(".ask", id=session["id"]), 303)
    return _page(found.get("checkout.session", session["id"]), form, declined=outcome.message, status=402)


def _page(
    session: Object, form: CheckoutForm, *, declined: str | None = None, status: int = 200
) -> ResponseReturnValue:
    data = session["_subscription_data"]
    now = store().now(session["customer"])
    trial = data.get("trial_end") or (now + data["trial_period_days"] * DAY if data.get("trial_period_days") else None)
    codes = [store().get("promotion_code", it["promotion_code"]) for it in session["discounts"] if it["promotion_code"]]
    page = render_template(
        "stripe/hosted/checkout.html",
        session=session,
        form=form,
        declined=declined,
        trial=trial,
        code=codes[0]["code"] if codes else None,
        hints=HINTS,
    )
    return page, status


def _over(session: Object) -> ResponseReturnValue:
    title, text, label = OVER[session["status"]]
    link = return_address(session) if session["status"] == "complete" else session["cancel_url"]
    return say(title, text, link=link, label=label, status=200 if session["status"] == "complete" else 410)
