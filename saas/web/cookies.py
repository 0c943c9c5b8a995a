"""Cookies: all host-only, ``__Host-`` under https. The signed one holds flash messages and the CSRF seed, never who you are."""

from flask import Flask, request
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from saas.core.runtime import settings
from saas.web.edge import ARRIVAL

MONTH = 30 * 24 * 3600


def cookie_name(name: str) -> str:
    """The cookie's full name; browsers let nobody but this very host set a ``__Host-`` cookie."""
    return f"__Host-{name}" if settings().public_scheme == "https" else name


def read_cookie(name: str) -> str:
    """What the browser sent as this cookie; nothing when it sent two, as one of them then comes from somebody else."""
    values = request.cookies.getlist(cookie_name(name))
    return values[0] if len(values) == 1 else ""


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None) -> None:
    """Set a cookie for this host that scripts cannot read; ``max_age`` in seconds, None until the browser is closed."""
    secure = settings().public_scheme == "https"
    response.set_cookie(
        cookie_name(name), value, max_age=max_age, secure=secure, httponly=True, samesite="Lax", path="/"
    )


def drop_cookie(response: Response, name: str) -> None:
    """Make the browser forget a cookie of ours."""
    secure = settings().public_scheme == "https"
    response.delete_cookie(cookie_name(name), secure=secure, httponly=True, samesite="Lax", path="/")


class HostBoundSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, signed anew for each host: one carried to another organisation means nothing there."""

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        """Let the browser carry it on, but not with what is public: caches would keep that anew for each cookie."""
        if not response.cache_control.public:
            super().save_session(app, session, response)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The serializer of this request's host; former secret keys still verify."""
        keys = [*app.config["SECRET_KEY_FALLBACKS"], app.secret_key]
        return URLSafeTimedSerializer(
            keys,
            salt=f"visit {request.environ[ARRIVAL].host}",
            serializer=self.serializer,
            signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
        )
