"""Writes about an organisation's brand: published as a new version, brought back, pictures uploaded."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from saas.branding.changes import differences
from saas.branding.css import COMPILER
from saas.branding.css import version as version_of
from saas.branding.custom_css import Cleaned, clean
from saas.branding.identity import PICTURES, Faulty, Identity, checked, checked_address, faults
from saas.branding.images.processing import Processed, process
from saas.branding.looks import make_look, sheet_version
from saas.branding.models import BrandPicture, BrandVersion
from saas.branding.module import CHANGED, MANAGE, RESTORED, UPLOADED
from saas.branding.queries import get_identity, get_pictures, get_version
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, NotFound
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id
from saas.tenancy.config import keep
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import require_feature
from saas.tenancy.look import BRANDING, LOOK, WHITE_LABEL
from saas.tenancy.operations import set_profile
from saas.tenancy.queries import own_tenant
from saas.tenancy.standing import get_standing, lock_standing

MOST_VERSIONS = 200
"""So many versions of a brand are kept."""
UNPUBLISHED = timedelta(days=3)
"""How long a picture waits to be published."""
STALE = (
    "Somebody changed the brand while you edited it. Look at what holds now, or publish again to replace it with yours."
)


class Overtaken(Conflict):
    """Another version of the brand holds than the one that was edited: ``version``, by its number."""

    def __init__(self, version: int, said: str = STALE) -> None:
        super().__init__(said)
        self.version = version


def publish(
    identity: Identity, *, expected: int | None = None, cleaned: Cleaned | None = None, actor: Actor
) -> BrandVersion | None:
    """Make an identity the one that holds, as a new version; None when it holds already.

    ``expected`` is the number of the version that was edited: Overtaken when another one holds since. ``cleaned`` is its own CSS
    as cleaned, for whoever has done that already. Raises Faulty, NotAllowed, FeatureLocked.
    """
    actor.require(MANAGE)
    require_feature(BRANDING)
    before, number = get_identity(lock=True)
    if expected not in (None, number):
        raise Overtaken(number)
    if (identity.bare and not before.bare) or identity.custom_css not in ("", before.custom_css):
        require_feature(WHITE_LABEL)
    return _put(identity, before, number + 1, cleaned or clean(identity.custom_css), actor=actor)


def restore(number: int, *, actor: Actor) -> BrandVersion | None:
    """Bring a former version back, as a new one; what the plan does not hold any more is left out. None when nothing differs.

    Raises NotFound, NotAllowed, FeatureLocked.
    """
    actor.require(MANAGE)
    require_feature(BRANDING)
    before, newest = get_identity(lock=True)
    former = get_version(number)
    if former is None:
        raise NotFound
    identity = Identity.read(former.identity)
    if not entitlements().allows(WHITE_LABEL):
        identity = replace(identity, bare=False, custom_css="")
    return _put(identity, before, newest + 1, clean(identity.custom_css), restores=number, actor=actor)


def set_support_address(address: str, *, actor: Actor) -> bool:
    """Where the organisation's people write for help, empty for the platform's; whether that is new. It belongs to the settings of
    the organisation, so no version of the brand holds it. Raises Invalid, NotAllowed, FeatureLocked."""
    actor.require(MANAGE)
    require_feature(BRANDING)
    tenant, wanted = own_tenant(), checked_address(address)
    if wanted == tenant.support_address:
        return False
    set_profile(tenant, time_zone=tenant.time_zone, language=tenant.language, support_address=wanted, actor=actor)
    return True


def upload_picture(content: bytes, *, purpose: str, name: str = "", actor: Actor) -> BrandPicture:
    """Draw a picture (``logo``, ``logo_dark`` or ``icon``) anew and keep it; raises Invalid with what is wrong with the file,
    NotAllowed, FeatureLocked."""
    return keep_picture(check_picture(content, purpose=purpose, actor=actor), purpose=purpose, name=name, actor=actor)


def check_picture(content: bytes, *, purpose: str, field: str = "file", actor: Actor) -> Processed:
    """A picture read and written anew in every size that is needed, which takes some tenths of a second and no database."""
    actor.require(MANAGE)
    require_feature(BRANDING)
    return process(content, _kind(purpose), field=field)


def keep_picture(made: Processed, *, purpose: str, name: str = "", actor: Actor) -> BrandPicture:
    """Keep what was drawn. It is shown nowhere before an identity with it is published; until then it is kept for some days from
    its last upload."""
    actor.require(MANAGE)
    require_feature(BRANDING)
    kind = _kind(purpose)
    lock_standing()
    id = sheet_version("".join(f"{size} {file.hex()}" for size, file in sorted(made.files.items())))
    for size, file in made.files.items():
        runtime().storage.put(current_tenant_id(), f"brand/{id}/{size}.png", file)
    values = {"id": id, "purpose": kind, "name": name[:100], "width": made.width, "height": made.height}
    values["colours"] = [list(colour) for colour in made.colours]
    again = insert(BrandPicture).values(**values)
    db.session.execute(again.on_conflict_do_update(index_elements=["id"], set_={"created_at": now()}))
    record(UPLOADED, actor=actor, target=Target("brand_picture", id, "an icon" if kind == "icon" else "a logo"))
    return db.session.get_one(BrandPicture, id)


def compile_anew() -> int | None:
    """Publish the identity that holds once more if its style sheet is by an older compiler; the new version's number, if so."""
    newest = get_version()
    if newest is None or not newest.styles or newest.styles == version_of(Identity.read(newest.identity).brand):
        return None
    own, number = get_identity(lock=True)
    made = _write(own, number + 1, clean(own.custom_css), actor=SYSTEM)
    record(CHANGED, actor=SYSTEM, target=_target(number + 1), compiler=COMPILER)
    return made.number


def refresh_look() -> bool:
    """Keep the look of the version that holds as this release makes it, where an older one knew less; whether that was needed.

    The style sheets stay those of the version: where a look has others, nothing is kept.
    """
    lock_standing()
    version = get_version()
    if version is None:
        return False
    identity = Identity.read(version.identity)
    look = make_look(identity, get_pictures(_ids(identity)), version.custom_css).look
    if look.styles not in ("", version.styles) or look.stored() == get_standing().config.get(LOOK):
        return False
    keep({LOOK: look.stored()})
    return True


def tidy_pictures() -> int:
    """Forget pictures that no version names and that were uploaded some days ago, and remove files of those that were forgotten
    before; how many were forgotten. Whoever publishes or uploads meanwhile waits, or is waited for."""
    lock_standing()
    known = set(db.session.scalars(select(BrandPicture.id)))
    for name in runtime().storage.names(current_tenant_id()):
        if name.startswith("brand/") and name.split("/")[1] not in known:
            runtime().storage.delete(current_tenant_id(), name)
    pictures = (BrandVersion.identity[name].astext for name in PICTURES)
    named = {id for row in db.session.execute(select(*pictures)) for id in row if id}
    gone = delete(BrandPicture).where(BrandPicture.created_at < now() - UNPUBLISHED, BrandPicture.id.not_in(named))
    return len(db.session.execute(gone.returning(BrandPicture.id)).all())


def forget_versions() -> int:
    """Forget all versions but the newest MOST_VERSIONS; how many."""
    newest = db.session.scalar(select(func.max(BrandVersion.number))) or 0
    gone = delete(BrandVersion).where(BrandVersion.number <= newest - MOST_VERSIONS)
    return len(db.session.execute(gone.returning(BrandVersion.number)).all())


def _kind(purpose: str) -> str:
    return "icon" if purpose == "icon" else "logo"


def problems_of(identity: Identity) -> dict[str, str]:
    """A sentence for each field of an identity that could not be published."""
    return {
        **dict(faults(identity)),
        **dict(_further(identity, get_pictures(_ids(identity)), clean(identity.custom_css))),
    }


def _put(
    identity: Identity, before: Identity, number: int, cleaned: Cleaned, *, actor: Actor, restores: int | None = None
) -> BrandVersion | None:
    if further := dict(_further(identity, get_pictures(_ids(identity)), cleaned)):
        raise Faulty({**dict(faults(identity)), **further})
    wanted = checked(identity)
    if wanted == before:
        return None
    version = _write(wanted, number, cleaned, actor=actor, restores=restores)
    changes = {one.label: (one.before, one.after) for one in differences(before, wanted)}
    record(RESTORED if restores else CHANGED, actor=actor, target=_target(restores or number), changes=changes)
    return version


def _target(number: int) -> Target:
    return Target("brand_version", str(number), f"version {number} of the brand")


def _write(
    wanted: Identity, number: int, cleaned: Cleaned, *, actor: Actor, restores: int | None = None
) -> BrandVersion:
    """The version of an identity that is checked."""
    made = make_look(wanted, get_pictures(_ids(wanted)), cleaned.css)
    version = BrandVersion(
        number=number,
        identity=wanted.stored(),
        styles=made.look.styles,
        css=made.css,
        custom=made.look.custom,
        custom_css=cleaned.css,
        restores=restores,
        author_id=actor.id,
        author_name=actor.name,
    )
    db.session.add(version)
    keep({LOOK: made.look.stored()})
    return version


def _ids(identity: Identity) -> list[str]:
    return [getattr(identity, name) for name in PICTURES]


def _further(identity: Identity, pictures: Mapping[str, BrandPicture], cleaned: Cleaned) -> Iterator[tuple[str, str]]:
    for name in PICTURES:
        found, id = pictures.get(getattr(identity, name)), getattr(identity, name)
        if id and (found is None or (found.purpose == "icon") is not (name == "icon")):
            yield name, "This picture is not there. Please upload it again."
    if cleaned.faults:
        first, more = cleaned.faults[0], len(cleaned.faults) - 1
        rest = f" And {more} more." if more else ""
        yield "custom_css", f"Line {first.line}, column {first.column}: {first.sentence}{rest}"
