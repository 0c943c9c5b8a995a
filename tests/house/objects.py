"""One object of each kind that addresses name, made when it is asked for, with words in it that nobody else may read.

A new kind of object is added as a function here, under the name that rules give it; a new kind of secret link in TOKENS.
Those of a product module stand in ``access.py`` of its own tests, with its rows of the access table.
"""

import pkgutil
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from uuid import UUID

from sqlalchemy import func, select
from werkzeug.routing import Rule

from saas.accounts.models import CustomRole, Purpose, User, UserSession
from saas.accounts.operations import open_session
from saas.accounts.tokens import issue_token
from saas.audit.models import AuditExport, AuditFilter
from saas.billing.models import Invoice
from saas.branding.css import version
from saas.branding.identity import Identity
from saas.branding.looks import make_look
from saas.branding.models import BrandVersion
from saas.branding.themes import platform_brand
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry, Target, record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.ids import new_id, new_token, short_id
from saas.core.module import AuditEvent
from saas.core.runtime import runtime
from saas.domains.certificates.operations import keep_proof
from saas.domains.queries import get_domain
from saas.keys.operations import create_key
from saas.members.models import EmailDomain, Grant, Invitation, JoinRequest, Team, TeamMember
from saas.onboarding.tips import tips_token
from saas.tenancy.config import keep
from saas.tenancy.look import LOOK
from saas.tenancy.models import Domain
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests import modules as product
from tests.cast import Organisation

SECRETS = ("Umbrella", "Charlie", "Secret", "Hidden", "Whisper", "vault")
"""Words of which at least one stands in every object made for Umbrella and its owner Charlie."""

HIDDEN_EVENT = AuditEvent("tests.plan.hidden", "hid {target}")
TOKENS = {
    "certificates.challenge": "challenge",
    "accounts.verify": Purpose.VERIFY_EMAIL,
    "accounts.verify_now": Purpose.VERIFY_EMAIL,
    "accounts.new_email": Purpose.CHANGE_EMAIL,
    "accounts.new_email_now": Purpose.CHANGE_EMAIL,
    "accounts.reset": Purpose.RESET_PASSWORD,
    "accounts.hand_over": Purpose.HAND_OVER,
    "invitation.show": "invitation",
    "invitation.accept": "invitation",
    "invitation.switch": "invitation",
    "joining.prove": "join request",
    "tips.show": "tips",
    "tips.decline": "tips",
    "domain_setup.show": "domain setup",
    "domain_setup.check": "domain setup",
}
"""What the ``token`` in an endpoint's address is good for."""


class Objects:
    """The objects of one organisation; those that belong together do. ``person`` is whose sessions and links they are.

    Teams stand below the team ``above``.
    """

    def __init__(self, organisation: Organisation, person: User, *, above: Team | None = None) -> None:
        self.organisation, self.person, self.above = organisation, person, above
        self._made: dict[str, str] = {}

    @property
    def inviter(self) -> User:
        """An owner, who may give what invitations hold."""
        return next(user for user in self.organisation.people.values() if user.role == "owner")

    def named_in(self, rule: Rule) -> dict[str, str]:
        """What a rule's address is filled with."""
        return {name: self[f"token of {TOKENS[rule.endpoint]}" if name == "token" else name] for name in rule.arguments}

    def __getitem__(self, kind: str) -> str:
        if kind not in self._made:
            self._made[kind] = makers()[kind](self)
        return self._made[kind]


Maker = Callable[[Objects], str]
MAKERS: dict[str, Maker] = {}


def makes(kind: str) -> Callable[[Maker], Maker]:
    """Register how a kind of object is made; what stands in the address is returned."""

    def register(maker: Maker) -> Maker:
        MAKERS[kind] = maker
        return maker

    return register


@cache
def modules() -> list[ModuleType]:
    """``access.py`` of the tests of each product module that has one."""
    names = [
        f"{product.__name__}.{found.name}.access" for found in pkgutil.iter_modules(product.__path__) if found.ispkg
    ]
    return [import_module(name) for name in names if find_spec(name)]


def makers() -> dict[str, Maker]:
    """How each kind of object is made, those of the product modules too."""
    modules()
    return MAKERS


def missing(rule: Rule) -> list[str]:
    """What has to be added to this file so that a rule's address can be filled."""
    unknown = [f"@makes({name!r})" for name in rule.arguments - {"token"} if name not in makers()]
    return unknown + [
        f"TOKENS[{rule.endpoint!r}]" for name in rule.arguments & {"token"} if rule.endpoint not in TOKENS
    ]


@makes("session_id")
def session(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        token = open_session(objects.person, actor=SYSTEM)
        return str(db.session.scalars(select(UserSession.id).where(UserSession.token_hash == token_hash(token))).one())


@makes("team_id")
def team(objects: Objects) -> str:
    number, name = new_id(), f"Secret team {short_id(6)}"
    above = objects.above
    with tenant_work(objects.organisation) as session:
        path = [*(above.path if above else ()), number]
        session.add(Team(id=number, name=name, name_key=name.lower(), parent_id=above and above.id, path=path))
    return str(number)


@makes("user_id")
def user(objects: Objects) -> str:
    """A member without special rights, in the team."""
    team_id = objects["team_id"]
    with tenant_work(objects.organisation) as session:
        user = User(email=f"hidden-{short_id(8)}@hidden.example.com", name="Secret Agent", role="member")
        session.add(user)
        session.flush()
        session.add(TeamMember(team_id=team_id, user_id=user.id))
        return str(user.id)


@makes("grant_id")
def grant(objects: Objects) -> str:
    user_id = objects["user_id"]
    with tenant_work(objects.organisation) as session:
        grant = Grant(user_id=user_id, permission="workflows.delete")
        session.add(grant)
        session.flush()
        return str(grant.id)


@makes("key_id")
def key(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        made, _ = create_key(name="Secret key", permissions=["members.view"], expires_at=None, actor=SYSTEM)
        return str(made.id)


@makes("invoice_id")
def invoice(objects: Objects) -> str:
    with tenant_work(objects.organisation) as session:
        facts = {
            "lines": [],
            "discounts": [],
            "taxes": [],
            "payments": [],
            "credit_notes": [{"id": "cn_1", "number": "Secret 1-CN-01", "total": 1, "at": 1, "status": "issued"}],
            "transitions": {},
            "balance": 0,
        }
        values = {"status": "paid", "currency": "EUR", "total": 1, "paid": 1, "due": 0, "look": 1, "created_at": now()}
        made = Invoice(
            id=f"in_{short_id(16)}", number="Secret 1", facts={**facts, "page": "", "next_try": None}, **values
        )
        session.add(made)
        return made.id


@makes("note_id")
def credit_note(_objects: Objects) -> str:
    """The one of the invoice."""
    return "cn_1"


@makes("role_id")
def role(objects: Objects) -> str:
    name = f"Hidden role {short_id(6)}"
    with tenant_work(objects.organisation) as session:
        role = CustomRole(name=name, name_key=name.lower(), permissions=["workflows.view"])
        session.add(role)
        session.flush()
        return str(role.id)


def _invite(objects: Objects) -> tuple[str, str]:
    token, team_id = new_token(), objects["team_id"]
    with tenant_work(objects.organisation) as session:
        invitation = Invitation(
            email=f"secret-{short_id(8)}@hidden.example.com",
            role="member",
            team_ids=[team_id],
            token_hash=token_hash(token),
            invited_by_id=objects.inviter.id,
            expires_at=now() + timedelta(days=7),
        )
        session.add(invitation)
        session.flush()
        return str(invitation.id), token


@makes("invitation_id")
def invitation(objects: Objects) -> str:
    return _invite(objects)[0]


@makes("token of invitation")
def invitation_link(objects: Objects) -> str:
    return _invite(objects)[1]


def _ask(objects: Objects, *, verified: bool) -> tuple[str, str]:
    token = new_token()
    with tenant_work(objects.organisation) as session:
        request = JoinRequest(
            email=f"secret-{short_id(8)}@{objects['domain']}",
            name="Secret Agent",
            password_hash="",
            token_hash=token_hash(token),
            expires_at=now() + timedelta(days=7),
            verified_at=now() if verified else None,
        )
        session.add(request)
        session.flush()
        return str(request.id), token


@makes("request_id")
def join_request(objects: Objects) -> str:
    return _ask(objects, verified=True)[0]


@makes("token of join request")
def join_link(objects: Objects) -> str:
    return _ask(objects, verified=False)[1]


@makes("token of challenge")
def challenge(_objects: Objects) -> str:
    token = short_id(20)
    keep_proof(token, f"{token}.thumbprint")
    return token


@makes("domain")
def domain(objects: Objects) -> str:
    name = f"hidden-{short_id(8).lower()}.example.com"
    with tenant_work(objects.organisation) as session:
        session.add(EmailDomain(domain=name))
    return name


def _link(purpose: Purpose) -> Maker:
    def make(objects: Objects) -> str:
        sent_to = (
            f"new-{short_id(8)}@{objects.organisation.slug}.example.com" if purpose is Purpose.CHANGE_EMAIL else ""
        )
        with tenant_work(objects.organisation):
            return issue_token(objects.person, purpose, email=sent_to)

    return make


for _purpose in Purpose:
    MAKERS[f"token of {_purpose}"] = _link(_purpose)


@makes("token of tips")
def tips_link(objects: Objects) -> str:
    with tenant_scope(objects.organisation):
        return tips_token(objects.person.id)


@makes("entry_id")
def entry(objects: Objects) -> str:
    with tenant_work(objects.organisation) as session:
        record(HIDDEN_EVENT, actor=SYSTEM, target=Target("workflow", new_id(), "Secret plan"))
        return str(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one())


@makes("filter_id")
def kept_search(objects: Objects) -> str:
    with tenant_work(objects.organisation) as session:
        kept = AuditFilter(user_id=objects.person.id, name=f"Hidden search {short_id(6)}")
        session.add(kept)
        session.flush()
        return str(kept.id)


@makes("export_id")
def export(objects: Objects) -> str:
    """An export that is ready and holds nothing."""
    with tenant_work(objects.organisation) as session:
        export = AuditExport(format="jsonl", status="ready", expires_at=now() + timedelta(days=1))
        session.add(export)
        session.flush()
        return str(export.id)


def _brand(objects: Objects) -> BrandVersion:
    """A brand as it is when published; also of an organisation that could not publish one now."""
    made = make_look(Identity(primary="#c8102e", name="Secret brand"), {}, ".card{color:#123456}")
    with tenant_work(objects.organisation) as session:
        number = (session.scalar(select(func.max(BrandVersion.number))) or 700) + 1
        values = {"styles": made.look.styles, "css": made.css, "custom": made.look.custom, "custom_css": "/* vault */"}
        version = BrandVersion(number=number, identity={"name": "Secret brand"}, author_name="Charlie", **values)
        session.add(version)
        keep({LOOK: made.look.stored()})
    return version


@makes("brand_number")
def brand_number(objects: Objects) -> str:
    return str(_brand(objects).number)


@makes("sheet")
def sheet(objects: Objects) -> str:
    return _brand(objects).styles


@makes("own_sheet")
def own_sheet(objects: Objects) -> str:
    return _brand(objects).custom


@makes("picture_id")
def picture(objects: Objects) -> str:
    runtime().storage.put(objects.organisation.id, "brand/0123456789abcdef/small.png", b"Secret picture")
    return "0123456789abcdef"


@makes("plain_sheet")
def plain_sheet(_objects: Objects) -> str:
    """Everybody's."""
    return version(platform_brand())


@makes("size")
def size(_objects: Objects) -> str:
    return "small"


@makes("domain_id")
def claim(objects: Objects) -> str:
    """A domain of the organisation's own that waits for its records."""
    host = f"secret-{short_id(8)}.hidden.example.com"
    with platform_work() as session:
        domain = Domain(host=host, tenant_id=objects.organisation.id)
        session.add(domain)
        session.flush()
        return str(domain.id)


@makes("token of domain setup")
def setup_link(objects: Objects) -> str:
    token, domain_id = new_token(), UUID(objects["domain_id"])
    with tenant_work(objects.organisation):
        domain = get_domain(domain_id)
        domain.share_hash, domain.share_expires_at = token_hash(token), now() + timedelta(days=14)
    return token


@makes("meter")
def _meter(_objects: Objects) -> str:
    return "images"
