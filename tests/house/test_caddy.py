"""The Caddyfile of docs/deployment.md: address, scheme and request id are what Caddy says, not what visitors claim."""

import re
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.caddy import needs_caddy, ports, running
from tests.front import Front, make_certificate

pytestmark = needs_caddy
ACME = "acme.example.com"
PORTAL = "portal.acme.test"
OWN_AUTHORITY = "local_certs\nskip_install_trust"


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory, application: ThreadingHTTPServer) -> Iterator[Front]:
    """Caddy, which vouches for custom domains itself."""
    folder = tmp_path_factory.mktemp("caddy")
    make_certificate(folder / "example.com", "example.com", "*.example.com")
    with running(folder, ports(), application.server_port, options=OWN_AUTHORITY) as caddy:
        yield caddy


@pytest.mark.parametrize("host", ["example.com", ACME, PORTAL])
def test_plain_http_leads_to_https_on_the_same_host(caddy: Front, host: str) -> None:
    answer = caddy.get_plain(host, "/sign-in?next=/x")
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://{host}/sign-in?next=/x"


@pytest.mark.parametrize("host", ["example.com", ACME, PORTAL])
def test_the_application_learns_host_address_scheme_and_request(caddy: Front, host: str) -> None:
    told = caddy.get(host, "/members?page=2", address="127.0.0.2").told
    assert told["host"] == host
    assert told["x-forwarded-for"] == "127.0.0.2"
    assert told["x-forwarded-proto"] == "https"
    assert re.fullmatch("[0-9a-f-]{36}", told["x-request-id"])
    assert told["path"] == "/members?page=2"


@pytest.mark.parametrize("host", [ACME, PORTAL])
def test_forged_headers_do_not_arrive(caddy: Front, host: str) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "evil", "X-Request-ID": "evil-evil-evil"}
    with_underscores = {name.replace("-", "_"): value for name, value in forged.items()}
    answer = caddy.get(
        host, "/", headers=forged | with_underscores | {"X-Tenant-ID": "acme", "Authorization": "Bearer x"}
    )
    assert (answer.told["authorization"], answer.told["x-tenant-id"]) == ("Bearer x", "acme")
    assert not re.search(rb"evil|6\.6\.6\.6", answer.body)


@pytest.mark.parametrize("path", ["/health", "/health/", "/health/ready", "/domains/ask?domain=x", "/domains/ask/"])
def test_some_pages_are_not_for_outside(caddy: Front, seen: list[str], path: str) -> None:
    for host in (ACME, PORTAL):
        assert caddy.get(host, "/health/live").status == caddy.get(host, "/domains/asked").status == 200
        assert caddy.get(host, path).status == 404
    assert path not in seen


@pytest.mark.parametrize("path", ["/domains//ask", "/domains%2fask", "/Domains/Ask", "/x/../domains/ask"])
def test_nor_when_they_are_written_otherwise(caddy: Front, path: str) -> None:
    assert caddy.get(ACME, path).status == 404


@pytest.mark.parametrize("host", [ACME, PORTAL])
def test_a_body_beyond_all_reason_is_refused_at_the_door(caddy: Front, host: str) -> None:
    assert caddy.get(host, "/settings", method="POST", body=b"x" * 1_500_000).status == 200
    assert caddy.get(host, "/settings", method="POST", body=b"x" * 3_000_000).status == 413


@pytest.mark.parametrize("path", ["/settings/brand", "/tenant/acme/settings/brand", "/api/saas/v1/branding/logo"])
def test_a_logo_may_be_larger_and_no_larger_than_that(caddy: Front, path: str) -> None:
    for host in (ACME, PORTAL):
        assert caddy.get(host, path, method="POST", body=b"x" * 6_800_000).status == 200
        assert caddy.get(host, path, method="POST", body=b"x" * 7_500_000).status == 413
