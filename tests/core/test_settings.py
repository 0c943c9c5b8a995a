"""What a deployment may be started with; every fault is told at once, and no secret is told with it."""

from pathlib import Path
from typing import Any

import pytest

from saas.core.logins import Login
from saas.core.settings import DEVELOPMENT_SECRET, Settings, SettingsError
from saas.core.settingsloading import load_settings

OWNER = "postgresql://owner:pw@db.example.com/saas"
FIT: dict[str, Any] = {
    "environment": "production",
    "database_url": OWNER,
    "secret_key": "s" * 32,
    "jwt_secret": "j" * 32,
    "master_keys": f"1:{'A' * 43}=",
    "base_domain": "example.org",
    "public_scheme": "https",
    "mail_url": "smtps://user:pw@mail.example.org",
    "mail_from": "Example <no-reply@example.org>",
}
"""Settings that production takes."""


def faults(**given: Any) -> list[str]:
    """What is told about these settings; whatever else this machine sets does not count."""
    try:
        load_settings(**{"_env_file": None, "database_url": OWNER, **given})
    except SettingsError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    "url",
    [
        "mailbox:",
        "smtp://localhost",
        "smtp://localhost/",
        "smtp://mail.example.com:2525",
        "smtps://user:pw@mail.example.com:465",
        "SMTPS://mail.example.com",
        "smtp://user%40example.com:a%2Fb%23c@[2001:db8::1]:587",
    ],
)
def test_mail_goes_to_a_folder_or_to_a_mail_server(url: str) -> None:
    assert faults(mail_url=url) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailbox",
        "mailbox:/var/mail",
        "stmp://user:hunter2@mail.example.com",
        "smtp+tls://user:hunter2@mail.example.com",
        "https://user:hunter2@mail.example.com",
        "mail.example.com:587",
        "smtp:mail.example.com",
        "smtp://",
        "smtp://user:hunter2@",
        "smtp://user:hunter2@mail.example.com:smtp",
        "smtp://user:hunter2#x@mail.example.com",
        "smtp://user:1/hunter2@mail.example.com",
        "smtp://mail.example.com?user=hunter2",
        "smtp://[mail.example.com",
    ],
)
def test_any_other_address_is_a_fault_that_does_not_tell_the_password(url: str) -> None:
    (fault,) = faults(mail_url=url)
    assert fault.startswith("MAIL_URL: must be smtp://host")
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    "sender", ["no-reply@example.org", "Keystone <no-reply@example.org>", '"Keystone, Inc." <a.b+c@mail.example.org>']
)
def test_mail_comes_from_one_address(sender: str) -> None:
    assert faults(mail_from=sender) == []


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "no-reply",
        "Keystone",
        "no-reply@",
        "@example.org",
        "a@example.org, b@example.org",
        "Keystone, Inc. <a@example.org>",
        "a b@example.org",
        "Keystone <a@example.org",
        "a@example.org\nBcc: b@example.org",
        "a@exam ple.org",
    ],
)
def test_anything_else_is_no_sender(sender: str) -> None:
    (fault,) = faults(mail_from=sender)
    assert fault.startswith("MAIL_FROM: must be one address")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///saas",
        "postgres://owner@db.example.com/saas",
        "postgresql+psycopg://owner:p%40ss@[2001:db8::1]:5432/saas",
        "postgresql://owner:pw@/saas?host=/run/postgresql&port=5432",
        "postgresql://owner:pw@db.example.com/saas?sslmode=verify-full",
    ],
)
def test_a_database_is_named_by_an_address(url: str) -> None:
    assert faults(database_url=url) == []


@pytest.mark.parametrize("name", ["database_url", "app_database_url", "jobs_database_url"])
@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "mysql://owner:hunter2@db.example.com/saas",
        "host=db.example.com password=hunter2 dbname=saas",
        "postgresql://owner:hunter2@db.example.com",
        "postgresql://owner:hunter2@db.example.com:postgres/saas",
        "postgresql://owner:hunter2@db.example.com:99999/saas",
        "postgresql://owner:hunter2@[2001:db8::1/saas",
        "postgresql://owner:hunter2@db.example.com/saas?wrong=1",
        "postgresql://owner:hunter2%zz@db.example.com/saas",
        "postgresql://owner:hunter2@3@db.example.com/saas",
        "postgresql://owner:hunter2/3@db.example.com/saas",
    ],
)
def test_anything_else_is_no_database_and_the_password_stays_untold(name: str, url: str) -> None:
    (fault,) = faults(**{name: url})
    assert fault.startswith(f"{name.upper()}: must be postgresql://user:password@host:port/database")
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://:pw@redis.example.com:6379/1",
        "rediss://redis.example.com",
        "redis+unix:///run/redis.sock",
        "redis+sentinel://a.example.com:26379,b.example.com:26379/main",
    ],
)
def test_limits_are_held_by_a_redis_whose_library_is_there(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.core.settingsrules.find_spec", lambda name: name)
    assert faults(redis_url=url) == []
    monkeypatch.setattr("saas.core.settingsrules.find_spec", lambda name: None)
    (fault,) = faults(redis_url=url)
    assert fault == "REDIS_URL: needs a library that is not installed: pip install 'saas[redis]'"


@pytest.mark.parametrize(
    "url", ["hunter2", "memcached://hunter2@localhost", "redis://", "redis://:hunter2@a:b", "redis+unix://"]
)
def test_anything_else_is_no_redis(url: str) -> None:
    (fault,) = faults(redis_url=url)
    assert fault.startswith("REDIS_URL: must be redis://")
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://s3.example.com/files",
        "s3://key:a%2Fb%2Bc@s3.example.com:9000/my.files/a/b?region=eu-central-1&tls=off",
        "s3://[2001:db8::1]:9000/files/",
    ],
)
def test_files_are_kept_in_a_bucket_when_its_library_is_there(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(files_url=url) == []
    monkeypatch.setattr("saas.core.settingsrules.find_spec", lambda name: None)
    missing = ["FILES_URL: needs a library that is not installed: pip install 'saas[s3]'"]
    assert faults(files_url=url) == (missing if url else [])


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "/var/hunter2",
        "https://hunter2.example.com/files",
        "s3://files",
        "s3:///files",
        "s3://s3.example.com/",
        "s3://s3.example.com/Hunter2",
        "s3://s3.example.com:0/files",
        "s3://s3.example.com:hunter2/files",
        "s3://s3.example.com/files/../hunter2",
        "s3://s3.example.com/files//hunter2",
        "s3://hunter2@s3.example.com/files",
        "s3://:hunter2@s3.example.com/files",
        "s3://key:hunter2/x@s3.example.com/files",
        "s3://key:hunter2@x@s3.example.com/files",
        "s3://s3.example.com/files?hunter2=1",
        "s3://s3.example.com/files?hunter2",
        "s3://s3.example.com/files?tls=hunter2",
        "s3://s3.example.com/files?region=hunter 2",
        "s3://s3.example.com/files?tls=on&tls=off",
        "s3://s3.example.com/files#hunter2",
        "s3://s3 .example.com/files",
    ],
)
def test_anything_else_is_no_bucket(url: str) -> None:
    (fault,) = faults(files_url=url)
    assert fault.startswith("FILES_URL: must be s3://")
    assert "hunter" not in fault


@pytest.mark.parametrize(
    "domain", ["localhost", "example.com", "Example.COM.", "xn--bcher-kva.example", "1.example.com"]
)
def test_organisations_live_below_a_bare_domain(domain: str) -> None:
    assert faults(base_domain=domain) == []
    assert load_settings(_env_file=None, database_url=OWNER, base_domain=domain).base_domain == domain.lower().rstrip(
        "."
    )


@pytest.mark.parametrize(
    "domain",
    [
        " ",
        "exa mple",
        "http://example.com",
        "example.com:8000",
        "example.com/app",
        "*.example.com",
        "-a.example.com",
        "a..example.com",
        "192.0.2.1",
        "[::1]",
        f"{'a' * 64}.example.com",
        "example.com\n.org",
    ],
)
def test_anything_else_is_no_domain_to_live_below(domain: str) -> None:
    assert faults(base_domain=domain) == [
        f"BASE_DOMAIN: must be a bare domain such as example.com, without scheme and port, not {domain!r}"
    ]


def test_help_is_asked_for_at_one_address() -> None:
    assert faults(support_address="help@example.org") == []
    for wrong in ("nonsense", "Help <help@example.org>", "a@example.org, b@example.org"):
        (fault,) = faults(support_address=wrong)
        assert fault.startswith("SUPPORT_ADDRESS: must be one address")


@pytest.mark.parametrize(
    ("name", "right", "wrong", "words"),
    [
        ("port", "8001", "http", "must be a whole number"),
        ("port", "65535", "70000", "must be at most 65535"),
        ("web_threads", "1", "0", "must be at least 1"),
        ("db_pool_timeout", "0.5", "soon", "must be a number"),
        ("db_pool_timeout", "0.5", "0", "must be more than 0"),
        ("debug", "on", "perhaps", "must be on or off"),
        ("environment", "test", "staging", "must be 'development', 'production' or 'test'"),
        ("product_name", "Arch", "A" * 41, "must have at most 40 characters"),
        ("database_role_prefix", "eu_1", "EU-1", "must match ^([a-z][a-z0-9_]{0,30})?$"),
    ],
)
def test_a_malformed_value_is_told_with_what_it_must_be(name: str, right: str, wrong: str, words: str) -> None:
    assert faults(**{name: right}) == []
    assert faults(**{name: wrong}) == [f"{name.upper()}: {words}, not {wrong!r}"]


def test_production_takes_settings_of_its_own() -> None:
    assert faults(**FIT) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("base_domain", "localhost", "BASE_DOMAIN: production needs a domain of its own"),
        ("mail_from", "no-reply@example.com", "MAIL_FROM: production needs an address of your own"),
        ("mail_url", "mailbox:", "MAIL_URL: production needs smtp:// or smtps://"),
        ("jwt_secret", "s" * 32, "JWT_SECRET: must be another secret than SECRET_KEY"),
        (
            "jwt_secret",
            DEVELOPMENT_SECRET,
            "JWT_SECRET: production needs a secret of at least 32 characters of its own",
        ),
        ("debug", True, "DEBUG: must be off in production"),
        ("public_scheme", "http", "PUBLIC_SCHEME: must be https in production"),
    ],
)
def test_production_refuses_what_development_takes(name: str, value: object, fault: str) -> None:
    assert faults(**FIT | {name: value}) == [fault]
    assert faults(**FIT | {name: value, "environment": "development"}) == []


def test_all_faults_are_told_at_once() -> None:
    told = faults(environment="production", database_url=None)
    for name in ("SECRET_KEY", "JWT_SECRET", "MASTER_KEYS", "BASE_DOMAIN", "MAIL_URL", "MAIL_FROM", "DATABASE_URL"):
        assert any(fault.startswith(f"{name}: ") for fault in told), name


def test_malformed_values_hide_no_broken_rule_about_others() -> None:
    told = faults(
        **FIT | {"port": "http", "base_domain": "exa mple", "debug": True, "mail_from": "no-reply@example.com"}
    )
    assert [fault.partition(":")[0] for fault in told] == ["BASE_DOMAIN", "PORT", "DEBUG", "MAIL_FROM"]


def test_a_malformed_value_is_told_once_and_not_as_a_missing_one_too() -> None:
    told = faults(**FIT | {"mail_url": "smtp:", "database_url": None, "app_database_url": "mysql://x"})
    assert [fault.partition(":")[0] for fault in told] == ["APP_DATABASE_URL", "MAIL_URL"]


class TestFiles:
    """Values that are kept in files: NAME_FILE, and the file of settings."""

    def test_a_setting_can_be_kept_in_a_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "port").write_text("8123\n")
        monkeypatch.setenv("PORT_FILE", str(tmp_path / "port"))
        assert load_settings(_env_file=None, database_url=OWNER).port == 8123

    def test_files_that_cannot_be_read_are_told_with_everything_else(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "latin").write_bytes(b"caf\xe9")
        monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "nowhere"))
        monkeypatch.setenv("PRODUCT_NAME_FILE", str(tmp_path / "latin"))
        told = faults(**{name: value for name, value in FIT.items() if name != "secret_key"} | {"debug": True})
        assert told[0].startswith("PRODUCT_NAME_FILE: cannot be read ('utf-8'")
        assert told[1:] == [
            "SECRET_KEY_FILE: cannot be read (No such file or directory)",
            "DEBUG: must be off in production",
        ]

    def test_the_file_of_settings_must_be_text(self, tmp_path: Path) -> None:
        file = tmp_path / "settings.env"
        file.write_bytes("PRODUCT_NAME=Café".encode())
        assert faults(_env_file=file) == []
        file.write_bytes("PRODUCT_NAME=Café".encode("latin-1"))
        (fault,) = faults(_env_file=file)
        assert fault.startswith(f"{file}: cannot be read")


class TestLogins:
    def given(self, **urls: str) -> Settings:
        return load_settings(_env_file=None, database_url=None, **urls)

    def test_web_processes_need_no_login_but_their_own(self) -> None:
        settings = self.given(app_database_url="postgresql://saas_app:pw@db.example.com/saas")
        assert settings.login(Login.APP) == "postgresql://saas_app:pw@db.example.com/saas"
        for other in (Login.OWNER, Login.JOBS):
            with pytest.raises(SettingsError, match="DATABASE_URL: is needed here"):
                settings.login(other)

    def test_without_that_of_the_owner_they_need_it(self) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL: is needed"):
            self.given(jobs_database_url="postgresql://saas_jobs:pw@db.example.com/saas")

    def test_the_owner_has_the_others_derived(self) -> None:
        settings = load_settings(_env_file=None, database_url=OWNER)
        assert settings.login(Login.JOBS).startswith("postgresql://saas_jobs:")
        assert settings.login(Login.APP).startswith("postgresql://saas_app:")


@pytest.mark.parametrize(
    "resolvers", ["9.9.9.9", "1.1.1.1, 127.0.0.1:5310", "2001:db8::53", "[2001:db8::53]:5353,9.9.9.9"]
)
def test_resolvers_are_addresses_perhaps_with_ports(resolvers: str) -> None:
    assert faults(dns_resolvers=resolvers) == []


@pytest.mark.parametrize(
    "resolvers", [",", "dns.example.com", "9.9.9.9:0", "9.9.9.9:99999", "9.9.9.9 1.1.1.1", "fe80::1%eth0"]
)
def test_anything_else_is_no_resolver(resolvers: str) -> None:
    (fault,) = faults(dns_resolvers=resolvers)
    assert fault.startswith("DNS_RESOLVERS: must be addresses")


def test_domains_lead_to_a_host_of_ours_and_to_addresses_as_the_dns_spells_them() -> None:
    usual = load_settings(database_url=OWNER, base_domain="example.org")
    assert (usual.domain_target, usual.domain_addresses) == ("custom.example.org", ())
    given = load_settings(
        database_url=OWNER, custom_domain_target="Edge.Example.net.", custom_domain_addresses="192.0.2.7, 2001:DB8:0::7"
    )
    assert (given.domain_target, given.domain_addresses) == ("edge.example.net", ("192.0.2.7", "2001:db8::7"))
    assert faults(custom_domain_addresses="edge.example.net")[0].startswith(
        "CUSTOM_DOMAIN_ADDRESSES: must be addresses"
    )
    assert faults(custom_domain_target="https://edge.example.net")[0].startswith(
        "CUSTOM_DOMAIN_TARGET: must be a bare domain"
    )
