"""What a deployment may be started with; every fault is told at once, and no secret is told with it."""

from typing import Any

import pytest

from saas.core.logins import Login
from saas.core.settings import DEVELOPMENT_SECRET, Settings, SettingsError, load_settings

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
    assert fault.startswith("MAIL_URL: is smtp://host")
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
    assert fault.startswith("MAIL_FROM: is one address")


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
