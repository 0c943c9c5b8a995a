"""The control page: what there is, what was sent, and the switches for time, trouble and failures."""

import calendar
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Self

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.sandbox.stripe import clock, failures
from saas.sandbox.stripe.chaos import CALM, WILD, get_chaos, set_chaos
from saas.sandbox.stripe.pages.site import DAY, store
from saas.sandbox.stripe.present import present
from saas.sandbox.stripe.store import Object
from saas.sandbox.stripe.webhooks import deliveries, redeliver

bp = Blueprint("control", __name__, template_folder="../templates")

SHOWN = 10
"""Rows of a list on one page."""
DRAFTS = 7200
"""Seconds after which the invoices of a renewal are surely finalised."""
STEPS = {"hour": 3600, "day": DAY, "week": 7 * DAY}
KINDS = {
    "customer": "Customers",
    "subscription": "Subscriptions",
    "invoice": "Invoices",
    "webhook_endpoint": "Webhook endpoints",
    "event": "Events",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A page of one kind of objects, newest first."""

    title: str
    rows: Sequence[Object]
    page: int
    total: int

    @classmethod
    def of(cls, title: str, found: Sequence[Object], kind: str) -> Self:
        """The page that the address asks for; of other kinds the first."""
        asked = request.args.get("page", 1, type=int) if request.args.get("open") == kind else 1
        page = min(max(asked, 1), max(1, ceil(len(found) / SHOWN)))
        return cls(title, found[(page - 1) * SHOWN : page * SHOWN], page, len(found))

    @property
    def pages(self) -> int:
        """How many there are."""
        return ceil(self.total / SHOWN)

    @property
    def first(self) -> int:
        """The number of the first row."""
        return (self.page - 1) * SHOWN + 1

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + len(self.rows) - 1


@bp.get("/")
def index() -> ResponseReturnValue:
    """Everything at a glance."""
    found = store()
    with found.lock:
        parts = {kind: Part.of(title, found.find(kind), kind) for kind, title in KINDS.items()}
        return render_template(
            "stripe/control.html",
            parts=parts,
            names={row["id"]: row["name"] or row["email"] or row["id"] for row in found.find("customer")},
            events=[_event_row(row) for row in parts["event"].rows],
            opened=request.args.get("open", "event"),
            page_of=page_of,
            now=moment(found.now()),
            chaos=get_chaos(found) != CALM,
            moment=moment,
        )


@bp.get("/objects/<id>")
def show(id: str) -> ResponseReturnValue:
    """One object as the API shows it; of an event also its deliveries."""
    found = store()
    with found.lock:
        obj = found.lookup(id)
        if obj is None:
            abort(404)
        text = json.dumps(present(found, obj, ()), indent=2)
        sent = deliveries(found, id) if obj["object"] == "event" else []
        urls = {row["id"]: row["url"] for row in found.find("webhook_endpoint")}
        return render_template("stripe/object.html", obj=obj, text=text, sent=sent, urls=urls, moment=moment)


@bp.post("/advance")
def advance() -> ResponseReturnValue:
    """Move the sandbox's clock forward by an hour, a day, a week or a month, and do all that falls due."""
    found, step = store(), request.form.get("step", "")
    with found.lock:
        seconds = STEPS.get(step) or (month_from(found.now()) + DRAFTS if step == "month" else None)
        if seconds is None:
            abort(400)
        clock.advance(found, seconds)
        found.save()
        found.woken.set()
        return _back(f"It is {moment(found.now()):%d %B %Y, %H:%M} now.")


@bp.post("/chaos")
def chaos() -> ResponseReturnValue:
    """Turn trouble on the way of webhooks on or off."""
    wild = request.form.get("on") == "1"
    set_chaos(store(), WILD if wild else CALM)
    return _back(
        "Webhooks are duplicated, reordered, delayed and dropped." if wild else "Webhooks go their straight way."
    )


@bp.post("/failures")
def fail() -> ResponseReturnValue:
    """Let the next calls of the API fail with a status."""
    status = request.form.get("status", "")
    if status not in ("429", "500", "0"):
        abort(400)
    failures.fail_next(store(), int(status))
    return _back("The next call gets no answer." if status == "0" else f"The next call is answered with {status}.")


@bp.post("/events/<id>/redeliver")
def send_again(id: str) -> ResponseReturnValue:
    """Send an event again."""
    if store().lookup(id) is None:
        abort(404)
    count = redeliver(store(), id)
    words = f"Sent again to {count} endpoint{'' if count == 1 else 's'}." if count else "No endpoint wants this event."
    return _back(words, url_for("control.show", id=id))


def moment(seconds: int) -> datetime:
    """UTC seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def page_of(kind: str) -> Callable[[int], str]:
    """The addresses of a kind's pages, by their numbers."""
    return lambda page: url_for("control.index", open=kind, page=page, _anchor=kind)


def month_from(seconds: int) -> int:
    """The seconds from a moment to the same time a month later (the last day where the month is shorter)."""
    old = moment(seconds)
    year, month = old.year + old.month // 12, old.month % 12 + 1
    new = old.replace(year=year, month=month, day=min(old.day, calendar.monthrange(year, month)[1]))
    return int((new - old).total_seconds())


def _event_row(event: Object) -> Object:
    sent = deliveries(store(), event["id"])
    attempts = sum(len(row["attempts"]) for row in sent)
    states = {row["state"] for row in sent}
    state = next((it for it in ("failed", "pending", "delivered") if it in states), "no endpoint")
    return {"id": event["id"], "type": event["type"], "created": event["created"], "state": state, "attempts": attempts}


def _back(words: str, url: str | None = None) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url or url_for("control.index"), 303)
