"""The page of the billing details."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.billing.details import MOST_EMAILS, get_details
from saas.billing.forms import DetailsForm
from saas.billing.module import MANAGE
from saas.billing.operations.details import set_details
from saas.billing.routes.blueprint import bp
from saas.core.errors import Conflict, Invalid
from saas.web.access import even_suspended, requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, current_entry


@bp.route("/details", methods=["GET", "POST"])
@even_suspended
@requires(MANAGE)
def details() -> ResponseReturnValue:
    """Company, address, VAT id, order number, and who gets the invoices."""
    present = get_details()
    form = DetailsForm.of_details(present, company=current_entry().name)
    status = 422 if request.method == "POST" else 200
    if form.submitted():
        try:
            changed = set_details(form.details(), version=form.version.data, actor=current_actor())
            return redirect_with("The billing details are saved." if changed else "Nothing has changed.", ".details")
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.form_errors.append(conflict.message)
            form.version.data, status = get_details().version, conflict.status
    return render_template("billing/details.html", form=form, present=present, most=MOST_EMAILS), status
