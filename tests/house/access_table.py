"""The access table: who may come in at each endpoint, and what those are answered who may.

One line of ROWS for each endpoint and method: endpoint, method, mark, status. Those of a product module stand in ``access.py``
of its own tests. The mark is what the view must carry: ``public``,
``signed_in`` or a permission; ``*`` behind a permission says that it may be held in one team only; ``confirmed`` asks for a
password typed lately, ``open`` stays open for suspended organisations,
``keys`` lets API keys in where no permission is asked, ``signed`` machines of others. The status answers whoever the mark lets
in, sent no body at all, with real objects in the address. What follows from the mark for everybody else is worked out here:

* nobody, somebody deactivated and somebody of another organisation are sent to sign in (programs get 401),
* who lacks the permission gets 403; who holds it in one team only gets it for objects of that team, and 403 for others.

FINER names the endpoints of which the operation decides more finely than the mark, with the reason.
"""

from dataclasses import dataclass, field

from saas.core.module import Role
from saas.core.runtime import runtime
from saas.web.access import Access
from tests.house.objects import modules

API = "/api/"
SIGN_IN = 0
"""Stands for “is asked to sign in”: a redirect to the sign-in page, 401 for programs."""

ROLES = {
    "owner": Role.OWNER,
    "admin": Role.ADMIN,
    "lead": Role.TEAM_ADMIN,
    "outsider": Role.TEAM_ADMIN,
    "member": Role.MEMBER,
    "viewer": Role.VIEWER,
}
"""The cast with a built-in role. The lead leads a team above the objects' teams, the outsider one that is elsewhere."""

CUSTOM = ("members.view", "workflows.view", "workflows.run", "organisations.security")
"""What the custom role of the cast holds."""

STRANGERS = ("deactivated", "foreigner", "nobody")
CAST = (*ROLES, "custom", *STRANGERS)


@dataclass(frozen=True)
class Row:
    """One line: an endpoint, a method, the mark of the view, and the status for whoever the mark lets in."""

    endpoint: str
    method: str
    mark: str
    status: int

    @property
    def key(self) -> tuple[str, str]:
        return self.endpoint, self.method

    @property
    def permission(self) -> str:
        """The permission that the mark asks for; empty when it asks for none."""
        word = self.mark.split()[0].rstrip("*")
        return "" if word in ("public", "signed_in") else word

    def expected(self, who: str, *, names_objects: bool) -> int:
        """The status for one of the cast."""
        if who in FINER.get(self.key, Finer("")).statuses:
            return FINER[self.key].statuses[who]
        if self.mark.startswith("public"):
            return self.status
        if who in STRANGERS:
            return SIGN_IN
        return self.status if not self.permission or self._holds(who, names_objects) else 403

    def _holds(self, who: str, names_objects: bool) -> bool:
        if who == "custom":
            return self.permission in CUSTOM
        permission = runtime().registry.permissions[self.permission]
        if ROLES[who] in permission.roles:
            return True
        in_a_team = "*" in self.mark and permission.in_teams
        return in_a_team and (who == "lead" or (who == "outsider" and not names_objects))


@dataclass(frozen=True)
class Finer:
    """Where the operation decides more finely: why, and what some of the cast are answered instead."""

    reason: str
    statuses: dict[str, int] = field(default_factory=dict)


def mark_of(access: Access) -> str:
    """A view's mark as the table spells it."""
    word = access.permission.name + ("*" if access.somewhere else "") if access.permission else str(access.kind)
    return " ".join(
        [
            word,
            *["confirmed"] * access.confirmed,
            *["open"] * access.even_suspended,
            *["keys"] * access.even_keys,
            *["signed"] * access.signed,
        ]
    )


def line(endpoint: str, method: str, mark: str, status: int) -> str:
    """A line of ROWS."""
    return f"{endpoint:<34} {method:<6} {mark:<40} {status}"


def rows() -> list[Row]:
    """All lines: those of the house, and those of the product modules."""
    found = []
    for text in filter(None, map(str.strip, "\n".join([ROWS, *(module.ROWS for module in modules())]).splitlines())):
        endpoint, method, *mark, status = text.split()
        found.append(Row(endpoint, method, " ".join(mark), int(status)))
    return found


SIGNS_IN = {"accounts.hand_over"}
"""Endpoints of which a GET changes something: who is signed in."""

ENDS_A_SESSION = {"accounts.sign_out", "accounts.new_email_now", "accounts.verify_now", "members.leave"}
"""Endpoints that lead to the sign-in page when all went well."""

QUERIES = {"roles.who_export": "?permission=members.view"}
"""What an address needs behind it to be answered."""

SIGNED_IN = (*ROLES, "custom")
FINER: dict[tuple[str, str], Finer] = {
    ("accounts.sign_in", "GET"): Finer("Whoever is signed in is led home.", dict.fromkeys(SIGNED_IN, 302)),
    ("invitation.show", "GET"): Finer("It was sent to another address than theirs.", dict.fromkeys(SIGNED_IN, 403)),
    ("invitation.accept", "POST"): Finer("It was sent to another address than theirs.", dict.fromkeys(SIGNED_IN, 403)),
}

ROWS = """
accounts.confirm                   GET    signed_in open                           200
accounts.confirm                   POST   signed_in open                           422
accounts.email                     GET    signed_in confirmed open                 200
accounts.email                     POST   signed_in confirmed open                 422
accounts.end_other_sessions        POST   signed_in open                           303
accounts.end_session               POST   signed_in open                           303
accounts.forgot                    GET    public open                              200
accounts.forgot                    POST   public open                              422
accounts.hand_over                 GET    public open                              302
accounts.new_email                 GET    public open                              200
accounts.new_email_now             POST   public open                              303
accounts.password                  GET    signed_in open                           200
accounts.password                  POST   signed_in open                           422
accounts.profile                   GET    signed_in open                           200
accounts.profile                   POST   signed_in open                           422
accounts.resend_verification       POST   signed_in open                           303
accounts.reset                     GET    public open                              200
accounts.reset                     POST   public open                              422
accounts.sessions                  GET    signed_in open                           200
accounts.sign_in                   GET    public open                              200
accounts.sign_in                   POST   public open                              422
accounts.sign_out                  POST   signed_in open                           303
accounts.verify                    GET    public open                              200
accounts.verify_now                POST   public open                              303
accounts_api.me                    GET    signed_in keys                           200
accounts_api.tenant_info           GET    signed_in keys                           200
apex.theme                         POST   public open                              303
audit.check                        POST   audit.view                               303
audit.checks                       GET    audit.view                               200
audit.download                     GET    audit.export                             200
audit.export                       POST   audit.export                             303
audit.exports                      GET    audit.export                             200
audit.forget                       POST   audit.view                               303
audit.index                        GET    audit.view                               200
audit.keep                         POST   audit.view                               422
audit.mails                        POST   audit.configure                          303
audit.show                         GET    audit.view                               200
audit.verifier                     GET    audit.view                               200
billing.cancellation               GET    plans.change open                        303
billing.cancellation               POST   plans.change open                        303
billing.change                     GET    plans.change open                        303
billing.coming                     GET    billing.view open                        200
billing.confirm_change             POST   plans.change open                        303
billing.credit_note_pdf            GET    billing.view open                        200
billing.done                       GET    billing.view open                        303
billing.export_csv                 GET    billing.view open                        200
billing.index                      GET    billing.view open                        200
billing.invoice                    GET    billing.view open                        200
billing.invoice_paper_pdf          GET    billing.view open                        200
billing.invoices                   GET    billing.view open                        200
billing.invoices_zip               GET    billing.view open                        200
billing.pay_now                    POST   billing.manage open                      303
billing.portal                     POST   billing.manage open                      303
billing.resumption                 POST   plans.change open                        303
billing.subscribe                  GET    plans.change open                        303
billing.subscribe                  POST   plans.change open                        303
certificates.ask                   GET    public                                   400
certificates.challenge             GET    public                                   200
dashboard.index                    GET    signed_in                                200
brand.custom                       GET    public open                              200
brand.letter                       GET    public open                              200
brand.picture                      GET    public open                              200
brand.styles                       GET    public open                              200
branding.bring_back                POST   branding.manage                          303
branding.css                       GET    branding.manage                          200
branding.css                       POST   branding.manage                          303
branding.css_preview               GET    branding.manage                          200
branding.css_preview               POST   branding.manage                          200
branding.edit                      GET    branding.manage                          200
branding.edit                      POST   branding.manage                          200
branding.history                   GET    branding.manage                          200
branding.invoice_surface           GET    branding.manage                          200
branding.email_surface             GET    branding.manage                          200
branding.dashboard_surface         GET    branding.manage                          200
branding.sign_in_surface           GET    branding.manage                          200
branding.preview                   GET    branding.manage                          200
branding.preview_styles            GET    branding.manage                          200
branding.version                   GET    branding.manage                          200
branding_api.change                PUT    branding.manage                          200
branding_api.preview               GET    branding.manage                          200
branding_api.sheet                 GET    branding.manage                          200
branding_api.show                  GET    branding.manage                          200
branding_api.upload                POST   branding.manage                          422
billing.details                    GET    billing.manage open                      200
billing.details                    POST   billing.manage open                      422
domain_setup.check                 POST   public                                   303
domain_setup.show                  GET    public                                   200
domains.check                      POST   domains.manage                           303
domains.end_link                   POST   domains.manage                           303
domains.index                      GET    domains.manage                           200
domains.make_link                  POST   domains.manage                           200
domains.make_primary               POST   domains.manage confirmed                 303
domains.new                        GET    domains.manage                           200
domains.new                        POST   domains.manage                           422
domains.release                    GET    domains.manage confirmed                 303
domains.release                    POST   domains.manage confirmed                 303
domains.show                       GET    domains.manage                           200
domains.unset_primary              POST   domains.manage confirmed                 303
domains.withdraw                   POST   domains.manage                           303
email_domains.edit                 GET    organisations.configure                  200
email_domains.edit                 POST   organisations.configure                  422
email_domains.index                GET    organisations.configure                  200
email_domains.index                POST   organisations.configure                  422
email_domains.remove               POST   organisations.configure                  303
getting_started.hide               POST   organisations.configure                  303
getting_started.index              GET    signed_in                                200
getting_started.show               POST   organisations.configure                  303
health.live                        GET    public                                   200
platform_brand.platform_styles     GET    public                                   200
health.ready                       GET    public                                   200
invitation.accept                  POST   public                                   422
invitation.show                    GET    public                                   200
invitation.switch                  POST   public                                   303
invitations.edit                   GET    members.invite*                          200
invitations.edit                   POST   members.invite*                          422
invitations.export                 GET    members.invite*                          200
invitations.index                  GET    members.invite*                          200
invitations.new                    GET    members.invite*                          200
invitations.new                    POST   members.invite*                          422
invitations.resend                 POST   members.invite*                          303
invitations.revoke                 POST   members.invite*                          303
joining.decide                     GET    members.invite                           200
joining.decide                     POST   members.invite                           422
joining.decline                    POST   members.invite                           303
joining.export                     GET    members.invite                           200
joining.index                      GET    members.invite                           200
joining.join                       GET    public                                   200
joining.join                       POST   public                                   422
joining.prove                      GET    public                                   200
joining.prove                      POST   public                                   422
keys.end_grace                     POST   keys.manage                              303
keys.export                        GET    keys.manage                              200
keys.index                         GET    keys.manage                              200
keys.new                           GET    keys.manage confirmed                    200
keys.new                           POST   keys.manage confirmed                    422
keys.revoke                        POST   keys.manage                              303
keys.rotate                        GET    keys.manage confirmed                    200
keys.rotate                        POST   keys.manage confirmed                    422
keys.show                          GET    keys.manage                              200
mailbox.clear                      POST   public                                   303
mailbox.html                       GET    public                                   200
mailbox.index                      GET    public                                   200
mailbox.show                       GET    public                                   200
mailbox.theme                      POST   public open                              303
members.access                     GET    members.view                             200
members.deactivate                 POST   members.manage                           303
members.export                     GET    members.view                             200
members.give                       GET    members.manage                           200
members.give                       POST   members.manage                           422
members.history                    GET    audit.view                               200
members.index                      GET    members.view                             200
members.leave                      GET    signed_in confirmed                      200
members.leave                      POST   signed_in confirmed                      303
members.reactivate                 POST   members.manage                           303
members.remove                     GET    members.manage                           200
members.remove                     POST   members.manage                           303
members.role                       GET    members.manage                           200
members.role                       POST   members.manage                           422
members.show                       GET    members.view                             200
members.take                       POST   members.manage                           303
members_api.change                 PATCH  members.manage                           422
members_api.index                  GET    members.view                             200
members_api.remove                 DELETE members.manage                           200
members_api.show                   GET    members.view                             200
onboarding.address                 GET    public                                   200
onboarding.check                   GET    public                                   200
onboarding.closed                  GET    public                                   200
onboarding.find                    GET    public                                   200
onboarding.find                    POST   public                                   422
onboarding.landing                 GET    public                                   200
onboarding.sign_up                 GET    public                                   200
onboarding.sign_up                 POST   public                                   422
organisations.address              GET    organisations.configure confirmed        200
organisations.address              POST   organisations.configure confirmed        422
organisations.check                GET    organisations.configure                  200
organisations.delete               GET    organisations.delete confirmed open      200
organisations.delete               POST   organisations.delete confirmed open      422
organisations.settings             GET    organisations.configure                  200
organisations.settings             POST   organisations.configure                  303
ownership.accept                   GET    signed_in confirmed                      200
ownership.accept                   POST   signed_in confirmed                      409
ownership.cancel                   POST   members.transfer                         409
ownership.decline                  POST   signed_in                                409
ownership.index                    GET    signed_in                                200
ownership.offer                    GET    members.transfer confirmed               200
ownership.offer                    POST   members.transfer confirmed               422
plans.ask                          GET    plans.change open                        303
plans.ask                          POST   plans.change open                        303
plans.change                       POST   plans.change                             303
plans.index                        GET    plans.view open                          200
plans.modules                      GET    plans.modules                            200
plans.modules                      POST   plans.modules                            409
pricing.ask                        GET    public                                   302
pricing.ask                        POST   public                                   302
pricing.asked                      GET    public                                   200
pricing.index                      GET    public                                   200
roles.delete                       GET    members.roles                            200
roles.delete                       POST   members.roles                            303
roles.edit                         GET    members.roles                            200
roles.edit                         POST   members.roles                            422
roles.export                       GET    members.view                             200
roles.index                        GET    members.view                             200
roles.new                          GET    members.roles                            200
roles.new                          POST   members.roles                            422
roles.who                          GET    members.view                             200
roles.who_export                   GET    members.view                             200
security.show                      GET    organisations.security confirmed         200
security.show                      POST   organisations.security confirmed         422
site.favicon                       GET    public                                   200
site.robots                        GET    public                                   200
stripe.webhook                     POST   public signed                            400
stripe.webhook_too                 POST   public signed                            400
styleguide.index                   GET    public open                              200
styleguide_apex.index              GET    public open                              200
teams.add                          GET    members.teams*                           200
teams.add                          POST   members.teams*                           303
teams.delete                       GET    members.teams*                           200
teams.delete                       POST   members.teams*                           422
teams.edit                         GET    members.teams*                           200
teams.edit                         POST   members.teams*                           303
teams.export                       GET    members.view                             200
teams.index                        GET    members.view                             200
teams.lead                         POST   members.teams*                           303
teams.move                         GET    members.teams*                           200
teams.move                         POST   members.teams*                           422
teams.new                          GET    members.teams*                           200
teams.new                          POST   members.teams*                           422
teams.people_export                GET    members.view                             200
teams.remove                       POST   members.teams*                           303
teams.show                         GET    members.view                             200
tenant_site.tenant_favicon         GET    public open                              302
tenant_site.tenant_robots          GET    public open                              200
tips.choose                        POST   signed_in                                400
tips.decline                       POST   public open                              303
tips.show                          GET    public open                              200
usage.analytics                    GET    usage.costs                              200
usage.budget                       GET    usage.budget                             200
usage.budget                       POST   usage.budget                             303
usage.events                       GET    usage.costs                              200
usage.export_csv                   GET    usage.costs                              200
usage.export_jsonl                 GET    usage.costs                              200
usage.hide_alerts                  POST   usage.view                               303
usage.index                        GET    usage.view                               200
billing_api.change                 POST   plans.change open                        422
billing_api.end                    POST   plans.change open                        422
billing_api.go_on                  POST   plans.change open                        409
billing_api.invoice                GET    billing.view open                        200
billing_api.invoices               GET    billing.view open                        200
billing_api.quote                  POST   plans.change open                        422
billing_api.subscribe              POST   plans.change open                        422
billing_api.subscription           GET    billing.view open                        200
usage_api.events                   POST   usage.track                              422
usage_api.index                    GET    usage.view                               200
usage_api.limit                    GET    usage.view                               200
usage_api.track                    POST   usage.track                              422
web.theme                          POST   public open                              400
"""
