"""The organisation's plan, beside the others."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.core.extensions import limiter
from saas.plans.forms import WishForm
from saas.plans.lines import changes_between, lines_of, table_of
from saas.plans.module import CHANGE, VIEW
from saas.plans.offers import list_choices, list_locked, price_of_plan
from saas.plans.operations import ask_for_plan, change_plan, check_wish
from saas.plans.queries import terms_since
from saas.plans.routes.blueprint import bp
from saas.plans.trials import suspends_at
from saas.plans.ways import Way, is_on_trial, way_to
from saas.tenancy.entitlements import entitlements
from saas.tenancy.locales import locale_of
from saas.tenancy.standing import get_standing
from saas.usage.queries import get_figures
from saas.web.access import even_suspended, requires
from saas.web.format import language
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, current_entry, tenant_key


@bp.get("/plan")
@even_suspended
@requires(VIEW)
def index() -> ResponseReturnValue:
    """What the organisation has and uses, what its terms are, and every plan it could have instead."""
    terms, locale, figures = entitlements().terms, locale_of(language()), get_figures()
    sold = catalogue().plans
    today = catalogue().terms(terms.plan) if terms.plan in sold else None
    changes = changes_between(terms, today, locale=locale) if today else []
    choices = list_choices(figures, locale=locale)
    return render_template(
        "plans/index.html",
        terms=terms,
        price=price_of_plan(terms),
        lines=lines_of(terms, locale=locale),
        figures=[figure for figure in figures if figure.bound],
        today=today,
        changes=changes,
        since=terms_since() if changes or today is None else None,
        trial_ends_at=get_standing().trial_ends_at if get_standing().status == "trialing" else None,
        days_left=_days_left(),
        suspends_at=suspends_at(get_standing()),
        standing=get_standing(),
        choices=choices,
        table=table_of([choice.offer.terms for choice in choices], locale=locale),
        locked=list_locked(),
        talk_to=next((name for name in sold if way_to(name) is Way.TALK), ""),
        extra=sorted(entitlements().overrides.limits) + sorted(entitlements().overrides.features),
    )


def _days_left() -> int | None:
    """Days of the trial that are left, a begun one counted whole; None for who does not try."""
    ends = get_standing().trial_ends_at
    return -((now() - ends).days) if is_on_trial() and ends else None


@bp.post("/plan/change")
@requires(CHANGE)
def change() -> ResponseReturnValue:
    """Move to another plan."""
    plan = request.form.get("plan", "")
    try:
        change_plan(plan, actor=current_actor())
    except (Invalid, Conflict) as refusal:
        return redirect_with(refusal.message, ".index", "warning")
    return redirect_with(f"{current_entry().name} is on {catalogue().plans[plan].label} now.", ".index")


@bp.route("/plan/ask", methods=["GET", "POST"])
@limiter.limit("10 per day", key_func=tenant_key, deduct_when=lambda answer: answer.status_code == 303)
@even_suspended
@requires(CHANGE)
def ask() -> ResponseReturnValue:
    """Ask for a plan that has a price, and say what is needed where it has none."""
    plan = request.values.get("plan", "")
    try:
        check_wish(plan)
    except (Invalid, Conflict) as refusal:
        return redirect_with(refusal.message, ".index", "warning")
    terms, form = catalogue().terms(plan), WishForm.of_request(plan=plan)
    if form.submitted():
        try:
            ask_for_plan(plan, message=form.message.data or "", actor=current_actor())
            return redirect_with(f"We have your wish for {terms.label} and answer you by mail.", ".index")
        except Invalid as refusal:
            form.refuse(refusal)
    page = render_template("plans/ask.html", form=form, terms=terms)
    return page, 422 if request.method == "POST" else 200
