"""What features keep in an organisation's config, key by key; in the tenant's own scope."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import literal, update
from sqlalchemy.dialects.postgresql import JSONB

from saas.core.database import db
from saas.core.scope import current_tenant_id
from saas.tenancy.models import Tenant
from saas.tenancy.standing import forget_standing


def keep(values: Mapping[str, Any]) -> None:
    """Write some keys of the config and leave the others alone."""
    merged = Tenant.config.op("||", return_type=JSONB)(literal(dict(values), JSONB))
    change = update(Tenant).where(Tenant.id == current_tenant_id()).values(config=merged)
    db.session.execute(change.execution_options(synchronize_session=False))
    forget_standing()
