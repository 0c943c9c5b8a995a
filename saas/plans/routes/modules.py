"""The parts of the product that an organisation works with."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.core.errors import Conflict, Invalid
from saas.core.runtime import runtime
from saas.plans.forms import ModulesForm
from saas.plans.lines import offered_modules
from saas.plans.module import MODULES
from saas.plans.operations import modules_version, set_modules
from saas.plans.routes.blueprint import bp
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import plans_with_module
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor


@dataclass(frozen=True, slots=True)
class Part:
    """A product module: whether the plan holds it, and else which plans do."""

    name: str
    label: str
    sentence: str
    held: bool
    plans: list[str]


@bp.route("/settings/modules", methods=["GET", "POST"])
@requires(MODULES)
def modules() -> ResponseReturnValue:
    """Switch parts of the product on and off for everybody."""
    form = ModulesForm.of_request(modules=_used(), seen=modules_version())
    status = 200
    if request.method == "POST":
        try:
            changed = set_modules(form.modules.data or [], version=request.form.get("seen", ""), actor=current_actor())
            return redirect_with("Your choice is saved." if changed else "Nothing has changed.", ".modules")
        except Invalid as error:
            form.refuse(error)
            status = error.status
        except Conflict as conflict:
            form = ModulesForm(None, modules=_used(), seen=modules_version())
            form.form_errors.append(conflict.message)
            status = conflict.status
    return render_template("plans/modules.html", form=form, parts=_parts(), **_place()), status


def _place() -> dict[str, Any]:
    return {"breadcrumbs": [("Settings", url_for("organisations.settings")), ("Parts of the product", None)]}


def _used() -> list[str]:
    granted = entitlements()
    return [name for name in runtime().registry.products if granted.uses_module(name)]


def _parts() -> list[Part]:
    granted, products = entitlements(), runtime().registry.products
    return [_part(name, products[name].label, granted.has_module(name)) for name in offered_modules()]


def _part(name: str, label: str, held: bool) -> Part:
    plans = [] if held else [catalogue().plans[plan].label for plan in plans_with_module(name)]
    return Part(name, label, runtime().registry.products[name].sentence, held, plans)
