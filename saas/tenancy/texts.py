"""What the command line says about tenants; all of it reads in the platform's scope."""

from typing import Any

from sqlalchemy import func, select

from saas.core.console import facts, faint, mark, table
from saas.core.database import db
from saas.core.runtime import settings
from saas.tenancy.entitlements import Overrides
from saas.tenancy.history import tenant_history
from saas.tenancy.models import Domain, Tenant, TenantKey, TenantName
from saas.tenancy.queries import (
    count_by_revision,
    count_by_status,
    count_spares,
    list_events,
    list_failed_migrations,
)

LIST_HEAD = ("KEY", "SLUG", "NAME", "STATUS", "PLAN", "REVISION", "SINCE")


def list_row(tenant: Tenant) -> tuple[str, ...]:
    """A tenant as a row under LIST_HEAD."""
    since = f"{tenant.created_at:%Y-%m-%d}"
    return tenant.key, tenant.slug, tenant.name, tenant.status, tenant.plan, tenant.revision, since


def as_data(tenant: Tenant) -> dict[str, Any]:
    """A tenant for programs; moments in ISO 8601, UTC."""
    data = {
        name: getattr(tenant, name) for name in ("key", "slug", "name", "status", "plan", "revision", "schema_name")
    }
    ends = tenant.trial_ends_at
    return {
        "id": str(tenant.id),
        **data,
        "status_reason": tenant.status_reason,
        "trial_ends_at": ends.isoformat() if ends else None,
        "created_at": tenant.created_at.isoformat(),
    }


def description(tenant: Tenant) -> str:
    """All about one tenant."""
    names = db.session.scalars(
        select(TenantName.name).where(TenantName.tenant_id == tenant.id).order_by(TenantName.name)
    )
    keys = select(func.count()).select_from(TenantKey).where(TenantKey.tenant_id == tenant.id)
    known = [
        ("name", tenant.name),
        ("key", tenant.key),
        ("id", tenant.id),
        ("status", f"{tenant.status}{f' ({tenant.status_reason})' if tenant.status_reason else ''}"),
        ("plan", f"{tenant.plan} (version {tenant.plan_version or 'of today'})"),
        ("besides it", _besides(tenant) or "–"),
        ("trial ends", f"{tenant.trial_ends_at:%Y-%m-%d %H:%M} UTC" if tenant.trial_ends_at else "–"),
        ("verified", f"{tenant.verified_at:%Y-%m-%d}" if tenant.verified_at else "no"),
        ("address", settings().public_url(settings().tenant_host(tenant.slug))),
        ("names held", ", ".join(names)),
        ("domains", ", ".join(_domains(tenant)) or "–"),
        ("schema", f"{tenant.schema_name} at revision {tenant.revision}"),
        ("keys", db.session.scalar(keys)),
    ]
    history = [
        (f"{event.at:%Y-%m-%d %H:%M}", event.status, event.actor, event.reason) for event in list_events(tenant.id)
    ]
    return f"{facts(known)}\n\n{table(('WHEN (UTC)', 'STATUS', 'WHO', 'WHY'), history)}"


def _besides(tenant: Tenant) -> str:
    given = Overrides.read(tenant.overrides)
    limits = [f"{name} {'unlimited' if limit is None else limit}" for name, limit in given.limits.items()]
    flags = [f"{name} {'on' if flag else 'off'}" for name, flag in given.features.items()]
    return ", ".join([*limits, *flags, *([f"audit log of {given.audit_days} days"] if given.audit_days else [])])


def _domains(tenant: Tenant) -> list[str]:
    query = select(Domain).where(Domain.tenant_id == tenant.id).order_by(Domain.host)
    return [f"{domain.host}{'' if domain.verified_at else ' (not verified)'}" for domain in db.session.scalars(query)]


def fleet() -> str:
    """Stations, revisions, failed migrations and spare schemas of all tenants."""
    head = tenant_history().head
    stations = table(("STATUS", "ORGANISATIONS"), sorted(count_by_status().items()))
    revisions = [
        (revision, number, _revision_note(revision)) for revision, number in sorted(count_by_revision().items())
    ]
    ready = count_spares()
    spares = (
        f"{mark('ok' if ready else 'warn')}  {ready} spare schemas are ready; {settings().spare_schemas} are wanted."
    )
    failed = {row.schema_name: row.error for row in list_failed_migrations()}
    parts = [
        stations,
        table(("REVISION", "ORGANISATIONS", ""), revisions or [(head, 0, "")]),
        spares,
        f"{mark('fail')}  Migrations failed:\n{failures(failed)}" if failed else f"{mark('ok')}  No migration failed.",
    ]
    return "\n\n".join(parts)


def _revision_note(revision: str) -> str:
    history = tenant_history()
    if revision == history.head:
        return faint("this release")
    return "behind: saas tenants migrate" if history.behind(revision) else "unknown to this release"


def failures(failed: dict[str, str]) -> str:
    """Schemas that could not be migrated, by the name of the tenant."""
    query = select(Tenant.schema_name, Tenant.key).where(Tenant.schema_name.in_(failed))
    names = {row.schema_name: row.key for row in db.session.execute(query)}
    rows = sorted((names.get(schema, "(spare)"), schema, error) for schema, error in failed.items())
    return table(("ORGANISATION", "SCHEMA", "ERROR"), rows)
