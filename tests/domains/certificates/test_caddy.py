"""A domain behind Caddy, as docs/deployment.md has it: its certificate comes from pebble when the first visitor does."""

import json
from collections.abc import Iterator

import pytest
import requests
from cryptography import x509
from flask import Flask

from saas.core.actor import SYSTEM
from saas.core.settings import Settings
from saas.keys.models import ApiKey
from saas.keys.operations import create_key
from saas.tenancy.models import Domain
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests import caddy as documented
from tests.branding.pictures import drawn
from tests.domains.certificates import pebble as authorities
from tests.domains.certificates.conftest import trusting, verify
from tests.front import Front, make_certificate
from tests.processes import Site, serving

pytestmark = [*authorities.needs_pebble, *documented.needs_caddy]
BRANDING = "/api/saas/v1/branding"


@pytest.fixture(scope="module")
def site(app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application as it runs in production, set as the page says."""
    assert settings.database_url
    files = tmp_path_factory.mktemp("files")
    with serving(
        ENVIRONMENT="test",
        DATABASE_URL=settings.database_url.get_secret_value(),
        BASE_DOMAIN=settings.base_domain,
        CATALOGUE=settings.catalogue,
        FILES_DIR=str(files),
        PUBLIC_SCHEME="https",
        TRUSTED_PROXIES="1",
        CERTIFICATES="outside",
    ) as site:
        yield site


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return documented.ports()


@pytest.fixture(scope="module")
def outside(ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[authorities.Pebble]:
    """An authority that looks for proofs at Caddy, as one outside does, and no further."""
    with authorities.running(tmp_path_factory.mktemp("outside"), ports[0], tlsPort=ports[1]) as authority:
        yield authority


@pytest.fixture(scope="module")
def caddy(
    site: Site, outside: authorities.Pebble, ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("caddy")
    make_certificate(folder / "example.test", "example.test", "*.example.test")
    options = f"acme_ca {outside.directory}\nacme_ca_root {outside.ca_file}"
    with documented.running(folder, ports, site.port, base_domain="example.test", options=options) as caddy:
        yield caddy


def ordered(caddy: Front) -> list[str]:
    """The hosts for which Caddy asked the authority, oldest first."""
    told = map(json.loads, (caddy.folder / "log").read_text().splitlines())
    return [line["identifier"] for line in told if line["msg"] == "obtaining certificate"]


def test_a_verified_domain_is_served_as_soon_as_somebody_comes_and_no_other(caddy, outside, acme, umbrella):
    names = {f"portal.{acme.slug}.example.org": acme, f"portal.{umbrella.slug}.example.org": umbrella}
    with platform_work() as session:
        session.add(Domain(host=f"pending.{acme.slug}.example.org", tenant_id=acme.id))
    for name, organisation in names.items():
        verify(organisation, name)
        for other in (f"pending.{acme.slug}.example.org", f"not.{name}", f"two.levels.{organisation.host}"):
            with pytest.raises(OSError):
                caddy.certificate_of(other)
        for _ in range(2):
            answer = caddy.get(name, "/sign-in", context=trusting(outside))
            assert answer.status == 200
            assert organisation.name in answer.body.decode()
    assert [host for host in ordered(caddy) if acme.slug in host or umbrella.slug in host] == list(names)


def test_the_base_domain_and_its_subdomains_show_the_certificate_at_hand(caddy, acme):
    for host in ("example.test", acme.host):
        shown = caddy.certificate_of(host).extensions.get_extension_for_class(x509.SubjectAlternativeName)
        assert shown.value.get_values_for_type(x509.DNSName) == ["example.test", "*.example.test"]
        assert caddy.get(host, "/").status < 400
    assert not [host for host in ordered(caddy) if host.endswith("example.test")]


@pytest.fixture
def key(acme):
    """A key that may set the brand; its secret is beside it."""
    with tenant_work(acme):
        return create_key(name="Site", permissions=["branding.manage"], expires_at=None, actor=SYSTEM)


def test_the_application_knows_where_a_visitor_comes_from_whatever_they_say(caddy, acme, key):
    made, secret = key
    forged = dict.fromkeys(("X-Forwarded-For", "X_Forwarded_For"), "6.6.6.6")
    headers = {"Authorization": f"Bearer {secret}", **forged}
    assert caddy.get(acme.host, BRANDING, address="127.0.0.2", headers=headers).status == 200
    with tenant_scope(acme) as session:
        assert session.get_one(ApiKey, made.id).last_used_address == "127.0.0.2"


def test_a_logo_reaches_the_application_which_knows_of_host_and_https(caddy, outside, acme, key):
    host = verify(acme, f"upload.{acme.slug}.example.org")
    files = {"logo_file": ("logo.png", drawn()), "more": ("more.txt", b"x" * 2_400_000)}
    sent = requests.Request("POST", f"https://{host}{BRANDING}/logo", files=files).prepare()
    headers = {
        **sent.headers,
        "Authorization": f"Bearer {key[1]}",
        "X-Forwarded-Proto": "http",
        "X_Forwarded_Proto": "http",
    }
    options = {"method": "POST", "headers": headers, "body": sent.body}
    answer = caddy.get(host, f"{BRANDING}/logo", context=trusting(outside), **options)
    assert answer.status == 201, answer.body
    assert json.loads(answer.body)["url"].startswith(f"https://{host}/")


def test_what_a_process_tells_is_told_inside_alone(caddy, outside, site, acme):
    host = verify(acme, f"ask.{acme.slug}.example.org")
    for path in (f"/domains/ask?domain={host}", "/health/ready"):
        assert site.open("127.0.0.1", path).status == 200
        answers = [caddy.get(host, path, context=trusting(outside)), caddy.get(acme.host, path)]
        assert [(answer.status, answer.body) for answer in answers] == [(404, b"")] * 2
