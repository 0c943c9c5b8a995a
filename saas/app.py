"""The composition root: the one file that sees every floor and wires them."""

import pkgutil
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from saas import modules
from saas.accounts.seen import identify
from saas.branding.platform import platform_look
from saas.catalogue.current import install_catalogue
from saas.catalogue.reading import WrongCatalogue, path_of, read
from saas.catalogue.terms import Catalogue
from saas.core.buckets import Bucket
from saas.core.crypto import KeyRing
from saas.core.database import db
from saas.core.extensions import limiter, login_manager, migrate
from saas.core.jobs import job
from saas.core.logins import CONNECT_ARGS, Login
from saas.core.logs import configure_logs
from saas.core.mail import MAIL_JOB, Postbox, transport_for
from saas.core.objectstorage import ObjectStorage
from saas.core.registry import Registry
from saas.core.runtime import Runtime, install, runtime
from saas.core.settings import Settings, SettingsError
from saas.core.settingsloading import load_settings
from saas.core.storage import FolderStorage, Storage
from saas.keys.seen import recognise
from saas.members.rights import identification
from saas.sandbox import mailbox, styleguide
from saas.sandbox.loopback import Loopback
from saas.tenancy.look import present_look
from saas.tenancy.scope import platform_place
from saas.usage.seen import spend_one
from saas.web import errors, health, request, routes, templating
from saas.web.assets import Assets
from saas.web.cookies import HostBoundSessions, cookie_name
from saas.web.edge import Edge, found_anywhere
from saas.web.flask import PlatformFlask
from saas.web.limits import PostgresStorage
from saas.web.visit import visit

FEATURES = (
    "saas.tenancy",
    "saas.audit",
    "saas.accounts",
    "saas.members",
    "saas.keys",
    "saas.usage",
    "saas.plans",
    "saas.organisations",
    "saas.billing",
    "saas.billing.revenue",
    "saas.branding",
    "saas.domains",
    "saas.domains.certificates",
    "saas.onboarding",
    "saas.dashboard",
)
POOL_RECYCLE_SECONDS = 1800
MAIL_RETRIES = 40
"""Mail outlives a mail server that is away for a day and a half."""
REDIS_SECONDS = 1.0
"""How long a page waits for a Redis that does not answer, before its process counts for itself."""
_LIMITS_STORAGE = f"{PostgresStorage.STORAGE_SCHEME[0]}://"


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application; raises SettingsError with every fault of the settings."""
    settings = settings or load_settings()
    configure_logs(settings)
    sold = _catalogue(settings)
    install_catalogue(sold)
    settings = settings.model_copy(update={"product_name": settings.product_name or sold.product})
    install(_runtime(settings))
    app = PlatformFlask("saas", static_folder=None, instance_relative_config=True)
    app.config.update(_config(settings))
    app.session_interface = HostBoundSessions()
    assets = Assets()
    _bind_extensions(app, settings)
    _register(app)
    request.init_app(app, identify=partial(identify, identification), recognise=recognise, spend=spend_one)
    limiter.init_app(app)
    errors.init_app(app)
    templating.init_app(app, assets)
    _wrap(app, settings, assets)
    return app


def module_packages() -> list[str]:
    """The product modules: every folder of ``saas/modules``."""
    return [f"saas.modules.{found.name}" for found in pkgutil.iter_modules(modules.__path__) if found.ispkg]


def _catalogue(settings: Settings) -> Catalogue:
    try:
        return read(path_of(settings.catalogue))
    except WrongCatalogue as error:
        raise SettingsError(f"CATALOGUE: {settings.catalogue} is no catalogue\n{error}") from None


def _runtime(settings: Settings) -> Runtime:
    keys = KeyRing.parse(settings.master_keys.get_secret_value())
    transport = transport_for(settings.mail_url.get_secret_value(), settings.mailbox_dir)
    postbox = Postbox(sender=settings.mail_from, keys=keys, transport=transport)
    registry = Registry.load([*FEATURES, *module_packages()])
    return Runtime(settings, registry, keys, postbox, _storage(settings), present_look, platform_look)


def _storage(settings: Settings) -> Storage:
    if url := settings.files_url.get_secret_value():
        return ObjectStorage.of(Bucket.parse(url))
    return FolderStorage(settings.files_dir)


@job(MAIL_JOB, retries=MAIL_RETRIES, when_suspended=True, outside=True)
def send_mail(*, sealed: str, id: str) -> None:
    """Hand a queued mail to the transport."""
    runtime().postbox.deliver(sealed=sealed, id=id)


def _config(settings: Settings) -> dict[str, Any]:
    processes = settings.web_processes
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SECRET_KEY_FALLBACKS": settings.secrets[1:],
        "SESSION_COOKIE_NAME": cookie_name("visit") if settings.public_scheme == "https" else "visit",
        "SESSION_COOKIE_SECURE": settings.public_scheme == "https",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_NAME": "",  # a name that no cookie has: who came is the visit's to say, and nothing else's
        "DEBUG": settings.debug,
        "TESTING": settings.environment == "test",
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_MEMORY_SIZE": 300_000,
        "MAX_FORM_PARTS": 200,
        "SQLALCHEMY_DATABASE_URI": settings.login(Login.APP),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "isolation_level": "AUTOCOMMIT",
            "pool_size": max(1, -(-settings.db_pool_size // processes)),
            "max_overflow": settings.db_max_overflow // processes,
            "pool_timeout": settings.db_pool_timeout,
            "pool_recycle": POOL_RECYCLE_SECONDS,
            "connect_args": CONNECT_ARGS,
            "hide_parameters": True,
        },
        "RATELIMIT_STORAGE_URI": settings.redis_url.get_secret_value() if settings.redis_url else _LIMITS_STORAGE,
        "RATELIMIT_STORAGE_OPTIONS": _limits_options(settings),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    }


def _limits_options(settings: Settings) -> dict[str, Any]:
    if settings.redis_url:
        return {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return {"dsn": settings.login(Login.APP), "begin": platform_place().settings_sql}


def _bind_extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    with app.app_context():
        db.bind_engine(db.engine, tenants_per_connection=settings.db_tenants_per_connection)
    migrate.init_app(app, db, directory="migrations/platform")
    login_manager.init_app(app, add_context_processor=False)
    login_manager.session_protection = None
    login_manager.request_loader(lambda _request: visit().account)


def _register(app: Flask) -> None:
    pages = [(feature, feature.attribute("routes", "blueprints", ())) for feature in runtime().registry.features]
    app.config["BRANDABLE"] = {page.name for feature, found in pages if feature.brandable for page in found}
    for feature in runtime().registry.features:
        for blueprint in (*feature.attribute("routes", "blueprints", ()), *feature.attribute("api", "blueprints", ())):
            app.register_blueprint(blueprint)
        if group := feature.attribute("cli", "group"):
            app.cli.add_command(group)
    for blueprint in (health.bp, routes.bp, routes.apex):
        app.register_blueprint(blueprint)
    if runtime().settings.mail_url.get_secret_value().startswith("mailbox:"):
        app.register_blueprint(mailbox.bp)
    if runtime().settings.environment != "production":
        for blueprint in styleguide.blueprints:
            app.register_blueprint(blueprint)


def _wrap(app: Flask, settings: Settings, assets: Assets) -> None:
    """From inside out: the edge, the static files, the proxies we trust."""
    anywhere = found_anywhere(app.url_map)
    wsgi: Any = Edge(app.wsgi_app, anywhere)
    if settings.environment == "development":
        wsgi = Loopback(wsgi, anywhere)
    wsgi = assets.serve(wsgi, changing=settings.debug)
    if settings.trusted_proxies:
        wsgi = ProxyFix(
            wsgi, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0, x_port=0, x_prefix=0
        )
    app.wsgi_app = wsgi  # type: ignore[method-assign]  # Flask's own way to wrap


__all__ = ["create_app", "module_packages"]
