"""What the hosted pages share: those that Stripe would show to the customers of a seller."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.pages.control import moment
from saas.sandbox.stripe.pages.site import store
from saas.sandbox.stripe.store import Object, Store

OFTEN = {("month", 1): "a month", ("year", 1): "a year", ("week", 1): "a week", ("day", 1): "a day"}


def hosted(name: str, prefix: str) -> Blueprint:
    """A blueprint of such pages: what the books do not know, or do not let happen, becomes a page that says so."""
    bp = Blueprint(name, __name__, template_folder="../templates", url_prefix=prefix)
    bp.register_error_handler(Fault, _say)
    bp.context_processor(lambda: {"seller": store().seller, "often": often, "moment": moment, "way_back": way_back})
    return bp


@contextmanager
def changing() -> Iterator[Store]:
    """The books, for somebody who alone writes in them; kept afterwards."""
    found = store()
    with found.lock:
        yield found
        found.save()
        found.woken.set()


def often(price: Object) -> str:
    """How often a price is charged: “a month”, “every 3 months”."""
    recurring = price["recurring"]
    if recurring is None:
        return ""
    length = (recurring["interval"], recurring["interval_count"])
    return OFTEN.get(length, f"every {length[1]} {length[0]}s")


def in_flow(session: Object) -> bool:
    """Whether a portal session is for one thing that is not done yet."""
    return bool(session["flow"]) and not session.get("_done")


def way_back(session: Object) -> str:
    """Where somebody goes who does not do it after all: from a flow to the seller, else to the portal's start."""
    start = url_for("portal.show", id=session["id"])
    return str(session["return_url"] or start) if in_flow(session) else start


def say(title: str, text: str, *, link: str | None = None, label: str = "", status: int = 200) -> ResponseReturnValue:
    """A page that says one thing, with one way on."""
    return render_template("stripe/hosted/said.html", title=title, text=text, link=link, label=label), status


def _say(fault: Fault) -> ResponseReturnValue:
    if fault.status == 404:
        return say("There is no such page", "The address may be incomplete, or the sandbox was begun anew.", status=404)
    return say("This did not work", str(fault), status=fault.status)


def with_address(country: str) -> dict[str, Any]:
    """A country as an address that has nothing else."""
    nothing = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": nothing | {"country": country}}
