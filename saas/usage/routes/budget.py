"""The organisation's own budget."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.core.clock import now
from saas.core.errors import Invalid
from saas.usage.budget import THRESHOLDS, get_budget
from saas.usage.forms import BudgetForm, as_typed
from saas.usage.module import BUDGET
from saas.usage.operations.budgets import set_budget
from saas.usage.periods import period_of
from saas.usage.queries import spent_in
from saas.usage.routes.blueprint import bp
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor


@bp.route("/budget", methods=["GET", "POST"])
@requires(BUDGET)
def budget() -> ResponseReturnValue:
    """A sum for each month, with warnings on the way there, and whether use that costs stops at it."""
    present, period = get_budget(), period_of(now())
    form = BudgetForm.of_request(amount=as_typed(present.amount), stop=present.stop)
    if form.submitted():
        try:
            changed = set_budget(form.amount.amount, stop=bool(form.stop.data), actor=current_actor())
            return redirect_with("The budget is set." if changed else "Nothing has changed.", ".budget")
        except Invalid as error:
            form.refuse(error)
    spent = spent_in(period)
    page = render_template(
        "usage/budget.html", form=form, present=present, spent=spent, period=period, thresholds=THRESHOLDS
    )
    return page, 422 if request.method == "POST" else 200
