"""How the log is kept: its chain, checks of it, and who gets the daily seal."""

from pathlib import Path

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.audit import offline, operations, queries
from saas.audit.forms import MailsForm
from saas.audit.module import CONFIGURE, VIEW
from saas.audit.queries import Chain
from saas.audit.routes.blueprint import bp
from saas.audit.signing import public_key
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.extensions import limiter
from saas.core.jobs import BACKLOG_SECONDS
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, tenant_key


@bp.get("/checks")
@requires(VIEW)
def checks() -> ResponseReturnValue:
    """Whether the log is whole; the page asks again by itself while a check is under way."""
    return _page(MailsForm(addresses="\n".join(queries.get_chain().mails)))


def _page(form: MailsForm, status: int = 200) -> ResponseReturnValue:
    chain = queries.get_chain()
    return render_template(
        "audit/checks.html",
        chain=chain,
        form=form,
        key=public_key().hex(),
        waiting=_is_waiting(chain),
        unsealed=queries.own_waiting(),
        asked=request.args.get("asked", ""),
    ), status


def _is_waiting(chain: Chain) -> bool:
    """Whether a check is under way, or was asked for a moment ago and has not begun; one that failed is not waited for."""
    if chain.head is None or chain.head.checked is not None:
        return chain.head is not None
    asked = request.args.get("asked", "")
    if (
        not (asked.isascii() and asked.isdigit() and len(asked) < 12)
        or int(asked) < now().timestamp() - BACKLOG_SECONDS
    ):
        return False
    return chain.head.verified_at is None or chain.head.verified_at.timestamp() < int(asked)


@bp.post("/checks")
@limiter.limit("10 per minute", key_func=tenant_key)
@requires(VIEW)
def check() -> ResponseReturnValue:
    """Check the log: a small one at once."""
    asked, verdict = int(now().timestamp()), operations.check_log(actor=current_actor())
    if verdict is None:
        return redirect_with("The log is being checked.", ".checks", "info", asked=asked)
    if verdict.fault:
        return redirect_with(verdict.fault.sentence, ".checks", "error", asked=asked)
    return redirect_with(f"The log is whole: {verdict.entries} entries fit their seals.", ".checks", asked=asked)


@bp.post("/mails")
@requires(CONFIGURE)
def mails() -> ResponseReturnValue:
    """Say who gets the daily seal."""
    form = MailsForm.of_request()
    if form.submitted():
        try:
            wanted = operations.set_mails(form.addresses.data or "", actor=current_actor())
            told = "The next seal goes out tomorrow." if wanted else "Nobody gets the daily seal."
            return redirect_with(told, ".checks")
        except Invalid as error:
            form.refuse(error)
    return _page(form, 422)


@bp.get("/verify.py")
@requires(VIEW)
def verifier() -> ResponseReturnValue:
    """The script that checks exports without us."""
    response = Response(Path(offline.__file__).read_bytes(), mimetype="text/x-python")
    response.headers["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response
