"""The daily clean-up."""

from datetime import timedelta

from sqlalchemy import CursorResult, delete, not_

from saas.accounts.models import KnownDevice, OneTimeToken, UserSession
from saas.accounts.queries import STILL_HOLDS, session_limits
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.queries import own_tenant

DEVICES_KEPT = timedelta(days=180)


def clean_up() -> dict[str, int]:
    """Delete what has no use any more: dead tokens, sessions that the organisation's policy has ended, devices not seen for
    long. Returns how many of each."""
    moment, limits = now(), session_limits(SecurityPolicy.read(own_tenant().policy))
    doomed = {
        "tokens": delete(OneTimeToken).where(OneTimeToken.expires_at < moment),
        "sessions": delete(UserSession).where(not_(STILL_HOLDS)),
        "devices": delete(KnownDevice).where(KnownDevice.last_seen_at < moment - DEVICES_KEPT),
    }
    found = {name: db.session.execute(query, limits if name == "sessions" else {}) for name, query in doomed.items()}
    return {name: _rows(result) for name, result in found.items()}


def _rows(result: object) -> int:
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
