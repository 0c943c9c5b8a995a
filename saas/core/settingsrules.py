"""Rules about settings of which each is well formed: what contradicts another one, and what production refuses."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from saas.core.settingsfaults import Fault, fault

if TYPE_CHECKING:
    from saas.core.settings import Settings


def broken_rules(settings: "Settings") -> Iterator[Fault]:
    """What is wrong with settings of which each is well formed."""
    if settings.environment == "production":
        yield from _production_faults(settings)
    if settings.is_paid_online and not settings.webhook_secrets:
        yield fault(
            "STRIPE_WEBHOOK_SECRET", "is needed with STRIPE_SECRET_KEY: what was paid is learnt from Stripe's messages"
        )
    if settings.is_live and (settings.environment != "production" or settings.stripe_api_base):
        yield fault("STRIPE_SECRET_KEY", "is a live key: it belongs into production, and beside no stand-in")
    if settings.database_url is None and settings.app_database_url is None:
        yield fault("DATABASE_URL", "is needed (for web processes APP_DATABASE_URL is enough)", "APP_DATABASE_URL")
    if settings.redis_url is not None and find_spec("redis") is None:
        yield fault("REDIS_URL", "needs a library that is not installed: pip install 'saas[redis]'")
    if settings.files_url.get_secret_value() and find_spec("obstore") is None:
        yield fault("FILES_URL", "needs a library that is not installed: pip install 'saas[s3]'")
    if settings.certificates == "acme" and find_spec("acme") is None:
        yield fault("CERTIFICATES", "acme needs a library that is not installed: pip install 'saas[acme]'")
    if os.environ.get("TENANT_DATABASE_BASE_URL"):
        words = "a database per tenant is not offered; see docs/decisions (Citus moves a tenant to its own node)"
        yield fault("TENANT_DATABASE_BASE_URL", words)


def _production_faults(settings: "Settings") -> Iterator[Fault]:
    usual = {name: field.default for name, field in type(settings).model_fields.items()}
    for name in ("secret_key", "jwt_secret"):
        secret = getattr(settings, name)
        if len(secret.get_secret_value()) < 32 or secret == usual[name]:
            yield fault(name.upper(), "production needs a secret of at least 32 characters of its own")
    if settings.master_keys == usual["master_keys"]:
        yield fault("MASTER_KEYS", "production needs keys of its own (make one with `saas keys new`)")
    if settings.stripe_api_base:
        yield fault("STRIPE_API_BASE", "must not be set in production")
    if settings.debug:
        yield fault("DEBUG", "must be off in production")
    if settings.public_scheme != "https":
        yield fault("PUBLIC_SCHEME", "must be https in production")
    if settings.mail_url.get_secret_value() == "mailbox:":
        yield fault("MAIL_URL", "production needs smtp:// or smtps://")
    if settings.jwt_secret == settings.secret_key:
        yield fault("JWT_SECRET", "must be another secret than SECRET_KEY", "SECRET_KEY")
    for name, needed in {"base_domain": "a domain of its own", "mail_from": "an address of your own"}.items():
        if getattr(settings, name) == usual[name]:
            yield fault(name.upper(), f"production needs {needed}")
