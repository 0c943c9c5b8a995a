"""Settings: typed, frozen, with the rules between them. They are read by ``saas.core.settingsloading``."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from saas.core.logins import Login, derived_url, plain_url, role_prefix_of
from saas.core.settingsfaults import BrokenRules
from saas.core.settingsforms import (
    Address,
    DatabaseUrl,
    Domain,
    DomainOrNone,
    FilesUrl,
    HostAddresses,
    MailUrl,
    MasterKeys,
    RedisUrl,
    Resolvers,
    SellerAddress,
    Sender,
    StripeKey,
    split_list,
)
from saas.core.settingsrules import broken_rules

DEVELOPMENT_SECRET = "development only: this text protects nothing"  # noqa: S105 - refused in production
DEVELOPMENT_KEY = "1:ZGV2ZWxvcG1lbnQtb25seS1wcm90ZWN0cy1ub3RoaW4="
INSTANCE = Path("instance")


class SettingsError(Exception):
    """The settings do not allow a start; the message lists every fault, one a line."""

    @property
    def notice(self) -> str:
        """The message as it is shown where a program does not start."""
        return "\n  ".join(["The settings do not allow a start:", *str(self).splitlines()])


class Settings(BaseSettings):
    """Every setting of the platform. The field descriptions are the documentation (docs/settings.md)."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    environment: Literal["development", "production", "test"] = Field(
        "development", description="Where this runs. Production refuses development secrets and every sandbox."
    )
    debug: bool = Field(False, description="Show tracebacks in the browser; refused in production.")
    catalogue: str = Field(
        "auterity",
        description="What is sold: the name of a catalogue that comes along, or the path of a file (docs/catalogue.md).",
    )
    product_name: str = Field(
        "", max_length=40, description="The product's name on pages and in mails; the catalogue's by default."
    )
    support_address: Address = Field(
        "support@example.com",
        description="Where people write for help when an organisation names no address of its own.",
    )

    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET),
        description="Signs cookies; derives keys and the passwords of the other two database logins (after a change run"
        " `saas migrate`). At least 32 characters in production.",
    )
    secret_key_fallbacks: SecretStr = Field(
        SecretStr(""), description="Former secret keys, separated by commas: what they signed and indexed stays valid."
    )
    jwt_secret: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), description="Signs API tokens; at least 32 characters in production."
    )
    master_keys: MasterKeys = Field(
        SecretStr(DEVELOPMENT_KEY),
        description="Keys that wrap each tenant's encryption key: `number:base64 of 32 bytes`, separated by commas, newest first.",
    )

    base_domain: Domain = Field("localhost", description="The apex domain; organisations live on its subdomains.")
    port: int = Field(8000, ge=1, le=65535, description="The port that `saas run` and `saas demo` listen on.")
    public_scheme: Literal["http", "https"] = Field(
        "http", description="What browsers use; https is required in production."
    )
    public_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="The port in public addresses; the scheme's own by default, PORT in development.",
    )
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="How many proxies of ours stand in front and set X-Forwarded-For and -Proto."
    )

    database_url: DatabaseUrl | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_URL", "MASTER_DATABASE_URL", "database_url"),
        description="The owner's login (DDL, CREATEROLE): worker and command line. MASTER_DATABASE_URL is accepted too.",
    )
    app_database_url: DatabaseUrl | None = Field(
        None, description="The web processes' login; derived from DATABASE_URL and SECRET_KEY when not given."
    )
    jobs_database_url: DatabaseUrl | None = Field(
        None, description="The worker's login to the queue; derived like the web login when not given."
    )
    database_role_prefix: str = Field(
        "",
        pattern=r"^([a-z][a-z0-9_]{0,30})?$",
        description="Begins the name of every role we make (roles are per cluster); the database's name by default.",
    )
    tenant_roles: bool = Field(True, description="A PostgreSQL role for each tenant. Off for multi-node Citus.")
    db_pool_size: int = Field(20, ge=1, le=500, description="Connections kept, over all web processes together.")
    db_max_overflow: int = Field(
        30, ge=0, le=500, description="Connections opened beyond the pool at peaks, over all web processes together."
    )
    db_pool_timeout: float = Field(
        2.0, gt=0, le=60, description="Seconds a request waits for a connection before it answers 503."
    )
    db_tenants_per_connection: int = Field(
        400,
        ge=1,
        description="A server connection is replaced after serving this many tenants: what it caches of each it never gives back.",
    )
    db_statement_timeout: int = Field(
        5000, ge=100, description="Milliseconds after which the database ends a statement of a web login."
    )
    job_seconds: int = Field(
        60,
        ge=1,
        le=3600,
        description="Seconds that a job's statement, its wait for a lock or its pause between statements may take, unless"
        " the job says otherwise.",
    )
    web_processes: int = Field(
        1, ge=1, le=64, description="Web processes of this deployment; each gets its part of the pool."
    )
    web_threads: int = Field(4, ge=1, le=64, description="Threads of each web process.")
    redis_url: RedisUrl | None = Field(
        None,
        description="`redis://host:port/number`: holds the rate limits, needs the extra `redis`; without it a table in"
        " PostgreSQL does.",
    )

    mail_url: MailUrl = Field(
        SecretStr("mailbox:"),
        description="`smtp://user:password@host:587` (STARTTLS), `smtps://…`, or `mailbox:` to keep mail in a folder"
        " (not in production).",
    )
    mail_from: Sender = Field("no-reply@example.com", description="The sender's address of every mail.")
    files_dir: Path = Field(INSTANCE / "files", description="Holds a folder of files for each tenant.")
    files_url: FilesUrl = Field(
        SecretStr(""),
        description="`s3://key:secret@host/bucket/prefix?region=…` keeps them in an S3-compatible store instead (`&tls=off` for"
        " one without TLS); needs the extra `s3`. Without keys those in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY hold.",
    )
    mailbox_dir: Path = Field(INSTANCE / "mailbox", description="Where `mailbox:` keeps mail.")

    stripe_secret_key: StripeKey = Field(
        SecretStr(""),
        description="The key of the Stripe account that money goes to; without it plans are agreed on instead of paid online.",
    )
    stripe_publishable_key: str = Field(
        "",
        pattern=r"^(pk_(test|live)_\w+)?$",
        description="Stripe's key for browsers; no page of ours needs it so far.",
    )
    stripe_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="What Stripe signs its messages with (`whsec_…`); two separated by a comma while one replaces the other.",
    )
    stripe_api_base: str = Field(
        "",
        pattern=r"^(https?://(127\.0\.0\.1|localhost)(:\d+)?)?$",
        description="Where a stand-in for Stripe listens on this machine, such as the sandbox; refused in production.",
    )
    stripe_prices: dict[str, str] = Field(
        {},
        description='Ids of prices that exist at Stripe already, as JSON: `{"professional_month": "price_…"}`. Also read from'
        " STRIPE_PRICE_ID_<PLAN> (monthly) and STRIPE_<PLAN>_MONTHLY_PRICE_ID or _YEARLY_PRICE_ID.",
    )
    seller_name: str = Field(
        "", max_length=100, description="Who sells, as invoices name it; the product's name by default."
    )
    seller_address: SellerAddress = Field(
        "",
        description="Where the seller is, for invoices: `street|postcode|city|country`, the country as two letters (`DE`).",
    )
    seller_vat_id: str = Field(
        "",
        pattern=r"^([A-Z]{2}[0-9A-Z]{2,13})?$",
        description="The seller's VAT id with its country before it (`DE136695976`); without one, invoices speak of no VAT.",
    )
    seller_registration: str = Field(
        "", max_length=100, description="The seller's number in a register of companies, such as `HRB 12345`."
    )
    max_trial_days: int = Field(30, ge=0, le=30, description="The longest trial that a program may ask for, in days.")
    dunning_days: tuple[int, ...] = Field(
        (0, 3, 5, 7), description="Days after a payment failed at which people are written to, as JSON: `[0, 3, 5, 7]`."
    )

    custom_domain_target: DomainOrNone = Field(
        "", description="Where organisations point domains of their own (CNAME); `custom.<BASE_DOMAIN>` by default."
    )
    custom_domain_addresses: HostAddresses = Field(
        "",
        description="Where they point domains that can have no CNAME: separated by commas; those of the target by default.",
    )
    dns_resolvers: Resolvers = Field(
        "1.1.1.1,8.8.8.8,9.9.9.9",
        description="Who is asked for records of domains: addresses, each with `:port` if it is not 53.",
    )
    domain_grace_days: int = Field(
        3,
        ge=1,
        le=30,
        description="Days for which a domain whose records are gone still serves, before it is switched off.",
    )
    domain_quarantine_days: int = Field(
        7,
        ge=0,
        le=90,
        description="Days for which nobody else can claim a domain that an organisation gave up or lost.",
    )
    acme_caa: DomainOrNone = Field(
        "letsencrypt.org",
        description="The name by which CAA records allow the authority that makes certificates for domains.",
    )
    certificates: Literal["none", "outside", "acme"] = Field(
        "none",
        description="Who gets the certificates of custom domains: nobody (pages are http, or what stands in front has one for"
        " all), what stands in front and asks us first, as Caddy does, or we, by ACME.",
    )
    certificates_dir: Path = Field(
        INSTANCE / "certificates",
        description="Holds certificate and key of each custom domain: written by the worker, read by nginx.",
    )
    acme_directory: str = Field(
        "https://acme-v02.api.letsencrypt.org/directory",
        pattern=r"^https://[^\s/]+/\S*$",
        description="The directory of the certificate authority.",
    )
    acme_email: Address | None = Field(
        None, description="Whom the certificate authority may write to; nobody by default."
    )
    acme_ca_file: Path | None = Field(
        None, description="What to know the certificate authority's own server by, where it is not a public one."
    )

    default_trial_days: int | None = Field(
        None, ge=0, le=30, description="Length of a new organisation's trial in days; the plan's own by default."
    )
    auto_suspend_days: int = Field(
        7, ge=0, le=90, description="Days from the end of a trial, or a payment that failed, to the suspension."
    )
    spare_schemas: int = Field(
        5, ge=1, le=500, description="Tenant schemas kept ready, so that a sign-up only claims one."
    )
    unverified_days: int = Field(
        7, ge=1, le=90, description="Days after which an organisation that verified no address is purged."
    )
    purge_days: int = Field(30, ge=0, le=365, description="Days from an organisation's cancellation to its purge.")
    audit_retention_days: int = Field(
        365,
        ge=30,
        description="Days for which an organisation's audit log is kept, unless its plan says otherwise.",
    )
    usage_event_days: int = Field(
        400,
        ge=62,
        description="Days for which single events of usage are kept in the database; older months go to the"
        " organisation's files.",
    )
    session_idle_minutes: int = Field(720, ge=5, description="A session ends after so many minutes without a request.")
    session_absolute_hours: int = Field(
        336, ge=1, description="A session ends so many hours after sign-in, whatever happens."
    )
    reauth_minutes: int = Field(15, ge=1, description="Minutes for which a typed password allows sensitive steps.")
    tenant_cache_seconds: int = Field(
        30,
        ge=0,
        le=300,
        description="How long a process may remember names of a tenant; its status is read at every request.",
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least serious log line written."
    )
    log_format: Literal["text", "json"] = Field("text", description="Log lines for people or for machines.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if faults := list(broken_rules(self)):
            raise BrokenRules(faults)
        return self

    @property
    def is_paid_online(self) -> bool:
        """Whether plans can be paid for here."""
        return bool(self.stripe_secret_key.get_secret_value())

    @property
    def is_live(self) -> bool:
        """Whether real money moves."""
        return "_live_" in self.stripe_secret_key.get_secret_value()

    @property
    def webhook_secrets(self) -> list[str]:
        """What Stripe's messages may be signed with."""
        return [one.strip() for one in self.stripe_webhook_secret.get_secret_value().split(",") if one.strip()]

    @property
    def secrets(self) -> list[str]:
        """The secret key and the former ones, newest first."""
        former = (key.strip() for key in self.secret_key_fallbacks.get_secret_value().split(","))
        return [self.secret_key.get_secret_value(), *(key for key in former if key)]

    @property
    def role_prefix(self) -> str:
        """What begins the name of every database role of this deployment."""
        if self.database_role_prefix:
            return self.database_role_prefix
        known = self.database_url or self.app_database_url
        assert known is not None
        return role_prefix_of(known.get_secret_value())

    def login(self, login: Login) -> str:
        """The connection address of one of the three logins; raises SettingsError for the owner's when it is not configured."""
        given = {Login.OWNER: self.database_url, Login.APP: self.app_database_url, Login.JOBS: self.jobs_database_url}[
            login
        ]
        if given is not None:
            return plain_url(given.get_secret_value())
        if self.database_url is None:
            raise SettingsError("DATABASE_URL: is needed here (the owner's login, for worker and command line)")
        owner = plain_url(self.database_url.get_secret_value())
        return derived_url(owner, self.role_prefix, login, self.secret_key.get_secret_value())

    @property
    def domain_target(self) -> str:
        """The host that organisations point domains of their own to."""
        return self.custom_domain_target or f"custom.{self.base_domain}"

    @property
    def domain_addresses(self) -> tuple[str, ...]:
        """The addresses for domains that can have no CNAME, as DNS answers spell them; none: those that the target has."""
        return tuple(str(ip_address(one)) for one in split_list(self.custom_domain_addresses))

    def tenant_host(self, slug: str) -> str:
        """The host of an organisation's subdomain; ``*`` stands for all of them."""
        return f"{slug}.{self.base_domain}"

    def public_url(self, host: str, path: str = "/") -> str:
        """The address a browser uses for a path on one of our hosts."""
        usual = {"http": 80, "https": 443}[self.public_scheme]
        port = self.public_port or (self.port if self.environment == "development" else usual)
        return f"{self.public_scheme}://{host}{'' if port == usual else f':{port}'}{path}"
