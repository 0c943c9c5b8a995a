"""The secret at the foot of mail on getting started, by which a person is sent no more of it without signing in.

It is a keyed hash of person and organisation, so nothing is stored of it; it never expires, and opens nothing else.
"""

import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

from saas.core.crypto import keyed_hash
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id


def tips_token(user_id: UUID) -> str:
    """The secret for a person of the organisation in scope."""
    return f"{user_id.hex}{_mark(user_id, settings().secrets[0])}"


def person_of(token: str) -> UUID | None:
    """Whose secret this is; None for one that is not ours, or of another organisation."""
    try:
        user_id = UUID(hex=token[:32])
    except ValueError:
        return None
    known = (_mark(user_id, secret) for secret in settings().secrets)
    given = token[32:].encode("utf-8", "replace")
    return user_id if any(hmac.compare_digest(mark.encode(), given) for mark in known) else None


def _mark(user_id: UUID, secret: str) -> str:
    digest = keyed_hash(secret, "tips", f"{current_tenant_id()} {user_id}")
    return urlsafe_b64encode(digest).decode().rstrip("=")
