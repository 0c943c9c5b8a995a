"""The sandbox's pages: like those of a DNS provider, where the records of a domain are entered."""

from secrets import token_hex

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Form, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from saas.sandbox.dns.entries import TYPES, Refused
from saas.sandbox.dns.server import Running
from saas.sandbox.dns.zones import TROUBLES, Trouble, Zone
from saas.sandbox.pages import furnish

NAME = "DNS sandbox"
bp = Blueprint("zones", __name__, template_folder="templates")
_RUNNING = "DNS_SANDBOX"
_WORDS: dict[Trouble, str] = {
    "": "Answer",
    "servfail": "Fail (SERVFAIL)",
    "dnssec": "Answer with broken signatures (DNSSEC)",
    "silent": "Say nothing (time-out)",
}


class ZoneForm(Form):
    """A domain to be looked after."""

    zone = StringField("Domain", [DataRequired("Please enter a domain."), Length(max=253)])


class EntryForm(Form):
    """A record to be entered."""

    name = StringField("Name", [Optional(), Length(max=253)])
    type = SelectField("Type", choices={one: one for one in TYPES})
    value = StringField("Value", [DataRequired("Please enter a value."), Length(max=2000)])
    proxied = BooleanField("Proxied")


class TroubleForm(Form):
    """What the servers of a domain do."""

    trouble = SelectField("The servers of this domain", choices={str(name): words for name, words in _WORDS.items()})


def create_pages(running: Running) -> Flask:
    """An application that shows and changes the zones of resolvers that run."""
    app = Flask(__name__, static_folder=None)
    app.secret_key = token_hex()
    app.config.update(SESSION_COOKIE_NAME="dns_sandbox", SESSION_COOKIE_SAMESITE="Lax")
    app.config[_RUNNING] = running
    furnish(app, NAME)
    app.register_blueprint(bp)
    return app


@bp.get("/")
def index() -> ResponseReturnValue:
    """The domains that somebody opened, and the resolvers."""
    return _index(ZoneForm(data={"zone": request.args.get("zone", "")}))


@bp.post("/")
def open_zone() -> ResponseReturnValue:
    """Open a domain, or go to it."""
    form = ZoneForm(request.form)
    try:
        if form.validate():
            return redirect(url_for(".show", name=_running().zones.open(form.zone.data or "").name), 303)
    except Refused as refused:
        form.zone.errors = [str(refused)]
    return _index(form), 422


@bp.get("/zones/<name>")
def show(name: str) -> ResponseReturnValue:
    """The records of a domain; a record to be entered may come with the address."""
    return _page(_zone(name), EntryForm(request.args))


@bp.post("/zones/<name>")
def add(name: str) -> ResponseReturnValue:
    """Enter a record."""
    zone, form = _zone(name), EntryForm(request.form)
    if not form.validate():
        return _page(zone, form), 422
    try:
        made = _running().zones.add(
            name, form.name.data or "", form.type.data, form.value.data or "", proxied=bool(form.proxied.data)
        )
    except Refused as refused:
        form[refused.field].errors = [str(refused)]
        return _page(zone, form), 422
    return _back(name, f"{made.name} {made.type} is saved. Resolvers see it when they have forgotten what was there.")


@bp.post("/zones/<name>/remove")
def remove(name: str) -> ResponseReturnValue:
    """Remove a record."""
    _running().zones.remove(_zone(name).name, request.form.get("id", ""))
    return _back(name, "The record is removed.")


@bp.post("/zones/<name>/trouble")
def trouble(name: str) -> ResponseReturnValue:
    """Give the servers of a domain trouble, or take it away."""
    wanted = request.form.get("trouble", "")
    if wanted not in TROUBLES:
        abort(400)
    _running().zones.set_trouble(_zone(name).name, wanted)
    return _back(name, f"The servers of {name} are told to: {_WORDS[wanted].lower()}.")


@bp.post("/zones/<name>/close")
def close(name: str) -> ResponseReturnValue:
    """Forget a domain."""
    _running().zones.close(_zone(name).name)
    flash(f"{name} is empty again.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/forget")
def forget() -> ResponseReturnValue:
    """Have all resolvers forget what they know, so that they see everything at once."""
    _running().forget()
    flash("All resolvers look anew at the next question.", "success")
    return redirect(url_for(".index"), 303)


def _index(form: ZoneForm) -> str:
    running = _running()
    return render_template("dns/index.html", zones=running.zones.all(), running=running, form=form, words=_WORDS)


def _page(zone: Zone, form: EntryForm) -> str:
    troubles = TroubleForm(data={"trouble": zone.trouble})
    return render_template("dns/zone.html", zone=zone, form=form, troubles=troubles)


def _running() -> Running:
    found: Running = current_app.config[_RUNNING]
    return found


def _zone(name: str) -> Zone:
    """A domain, whether or not somebody opened it; 404 for what is none."""
    try:
        return _running().zones.get(name)
    except Refused:
        abort(404)


def _back(name: str, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for(".show", name=name), 303)
