"""JSON Web Tokens for the API: one algorithm, one issuer, every claim required."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from saas.core.clock import now
from saas.core.ids import new_token

ISSUER = "saas"
AUDIENCE = "saas-api"
_ALGORITHM = "HS256"
_CLAIMS = jwt.JWTClaimsRegistry(
    leeway=30,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    sub={"essential": True},
    tid={"essential": True},
    jti={"essential": True},
    iat={"essential": True},
    exp={"essential": True},
)


class BadToken(Exception):
    """The bearer token is forged, altered, expired or not ours."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says: the account (``subject``) and the tenant it is good for, both uuids as text."""

    subject: str
    tenant_id: str


def sign_token(secret: str, *, subject: str, tenant_id: str, lifetime: timedelta = timedelta(minutes=10)) -> str:
    """A token for one account in one tenant."""
    issued = int(now().timestamp())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "tid": tenant_id,
        "jti": new_token(),
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, OctKey.import_key(secret))


def read_token(secret: str, token: str) -> Claims:
    """The claims of a token; raises BadToken."""
    try:
        decoded = jwt.decode(token, OctKey.import_key(secret), algorithms=[_ALGORITHM])
        _CLAIMS.validate(decoded.claims)
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken(str(error)) from error
    return Claims(str(decoded.claims["sub"]), str(decoded.claims["tid"]))
