"""The page of the bank: the holder of a card says yes or no."""

from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from saas.sandbox.stripe.pages.site import store
from saas.sandbox.stripe.payments import authenticate
from saas.sandbox.stripe.setups import authenticate_setup
from saas.sandbox.stripe.store import Object

bp = Blueprint("authenticate", __name__, template_folder="../templates")


@bp.get("/authenticate/<id>")
def show(id: str) -> ResponseReturnValue:
    """The question, while it is open."""
    with store().lock:
        return render_template("stripe/authenticate.html", intent=_intent(id))


@bp.post("/authenticate/<id>")
def answer(id: str) -> ResponseReturnValue:
    """Complete or fail the authentication, then go back to where the payment began."""
    found = store()
    with found.lock:
        intent = _intent(id)
        if intent["status"] == "requires_action":
            succeeds = request.form.get("outcome") == "complete"
            settle = authenticate if intent["object"] == "payment_intent" else authenticate_setup
            settle(found, intent, succeeds=succeeds)
            found.save()
        if url := intent.get("_return_url"):
            return redirect(_with_result(url, intent), 303)
        return render_template("stripe/authenticate.html", intent=intent)


def _intent(id: str) -> Object:
    intent = store().lookup(id)
    if intent is None or intent["object"] not in ("payment_intent", "setup_intent"):
        abort(404)
    return intent


def _with_result(url: str, intent: Object) -> str:
    kind = intent["object"]
    result = "succeeded" if intent["status"] == "succeeded" else "failed"
    told = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"], "redirect_status": result}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"
