"""nginx.conf: it is well-formed, and what reaches the application through it is what nginx says, not what visitors claim."""

import json
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509

from tests.front import Front, make_certificate
from tests.nginx import command, needs_nginx, running

pytestmark = needs_nginx
ACME = "acme.example.com"
PORTAL = "portal.acme.test"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for /etc/nginx: certificates of the platform and of one custom domain."""
    folder = tmp_path_factory.mktemp("nginx")
    make_certificate(folder / "certs" / "example.com", "example.com", "*.example.com")
    make_certificate(folder / "custom" / PORTAL, PORTAL)
    return folder


@pytest.fixture(scope="module")
def nginx(folder: Path, application: ThreadingHTTPServer) -> Iterator[Front]:
    with running(folder, application.server_port) as nginx:
        yield nginx


def test_the_configuration_is_well_formed(nginx: Front) -> None:
    answer = subprocess.run(command(nginx.folder, "-t"), capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "syntax is ok" in answer.stderr


def test_plain_http_leads_to_https_on_the_same_host(nginx: Front) -> None:
    answer = nginx.get_plain(ACME, "/sign-in?next=/x")
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{ACME}/sign-in?next=/x"


@pytest.mark.parametrize("host", [ACME, PORTAL, "new.example.net"])
def test_a_certificate_authority_reaches_the_application_without_https(nginx: Front, host: str) -> None:
    told = nginx.get_plain(host, "/.well-known/acme-challenge/token").told
    assert (told["host"], told["path"]) == (host, "/.well-known/acme-challenge/token")
    assert nginx.get_plain(host, "/.well-known/other").status == 301


@pytest.mark.parametrize("host", ["example.com", ACME, PORTAL])
def test_the_application_learns_host_address_scheme_and_request(nginx: Front, host: str) -> None:
    told = nginx.get(host, "/members?page=2").told
    assert told["host"] == host
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert re.fullmatch("[0-9a-f]{32}", told["x-request-id"])
    assert told["path"] == "/members?page=2"


def test_forged_headers_do_not_arrive(nginx: Front) -> None:
    forged = {
        "Forwarded": "for=6.6.6.6;host=evil.example.net;proto=http",
        "X-Forwarded-For": "6.6.6.6",
        "X_Forwarded_For": "6.6.6.6",
        "X-Forwarded-Host": "evil.example.net",
        "X_Forwarded_Host": "evil.example.net",
        "X-Forwarded-Port": "6666",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Proto": "evil",
        "X-Forwarded-Server": "evil.example.net",
        "X-Forwarded-Ssl": "evil",
        "X-Real-IP": "6.6.6.6",
        "X-Client-IP": "6.6.6.6",
        "True-Client-IP": "6.6.6.6",
        "X-Original-Host": "evil.example.net",
        "X-Original-URL": "/evil",
        "X-Rewrite-URL": "/evil",
        "X-Script-Name": "/evil",
        "X-Request-ID": "evil-evil-evil",
        "Proxy": "http://evil.example.net",
    }
    answer = nginx.get(ACME, "/", headers=forged | {"X-Tenant-ID": "acme", "Authorization": "Bearer honest"})
    assert answer.told["authorization"] == "Bearer honest"
    assert answer.told["x-tenant-id"] == "acme"
    assert not re.search(rb"evil|6\.6\.6\.6|6666", answer.body)


def test_the_apex_and_organisations_share_a_certificate_and_custom_domains_have_their_own(nginx: Front) -> None:
    def names(host: str) -> list[str]:
        found = nginx.certificate_of(host).extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return found.value.get_values_for_type(x509.DNSName)

    assert names("example.com") == names(ACME) == ["example.com", "*.example.com"]
    assert names(PORTAL) == [PORTAL]


@pytest.mark.parametrize(
    "host", ["nobody.example.net", "..%2fexample.com", "../example.com", f"{PORTAL}/.", f"x/../{PORTAL}"]
)
def test_a_host_without_a_certificate_gets_no_connection(nginx: Front, host: str) -> None:
    (nginx.folder / "custom" / "x").mkdir(exist_ok=True)
    assert nginx.certificate_of(PORTAL)
    with pytest.raises((OSError, ValueError)):
        nginx.certificate_of(host)


def test_new_and_recent_tls_are_spoken(nginx: Front) -> None:
    assert nginx.certificate_of(ACME, version=ssl.TLSVersion.TLSv1_3)
    assert nginx.certificate_of(ACME, version=ssl.TLSVersion.TLSv1_2)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(nginx: Front) -> None:
    with pytest.raises(OSError):
        nginx.certificate_of(ACME, version=ssl.TLSVersion.TLSv1_1)


def test_a_websocket_passes_and_ordinary_requests_are_no_websockets(nginx: Front) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    for host in (ACME, PORTAL):
        assert nginx.get(host, "/live", headers=headers).status == 101
    told = nginx.get(ACME, "/live").told
    assert "upgrade" not in told
    assert told.get("connection", "keep-alive") != "upgrade"


def test_static_files_are_asked_for_once_for_all_hosts(nginx: Front, seen: list[str]) -> None:
    first = nginx.get(ACME, "/static/0123456789ab/css/app.css", headers={"Accept-Encoding": "gzip"})
    second = nginx.get(PORTAL, "/static/0123456789ab/css/app.css")
    assert first.status == second.status == 200
    assert first.headers["Cache-Control"] == second.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    assert seen.count("/static/0123456789ab/css/app.css") == 1


def test_static_files_are_compressed_and_pages_are_not(nginx: Front) -> None:
    headers = {"Accept-Encoding": "gzip", "X-Long": "long" * 500}
    assert nginx.get(ACME, "/static/ffffffffffff/long.css", headers=headers).headers["Content-Encoding"] == "gzip"
    assert nginx.get(ACME, "/long", headers=headers).headers["Content-Encoding"] is None


def test_health_tells_strangers_no_more_than_that_it_lives(nginx: Front) -> None:
    for host in (ACME, PORTAL):
        assert nginx.get(host, "/health/live").status == 200
        assert nginx.get(host, "/health/ready").status == nginx.get(host, "/health").status == 404


@pytest.mark.parametrize(
    "path", ["/domains/ask", "/domains/ask?domain=x", "/domains//ask", "/domains%2fask", "/domains/ask/"]
)
def test_nobody_asks_from_outside_which_hosts_are_served(nginx: Front, path: str) -> None:
    for host in (ACME, PORTAL):
        assert nginx.get(host, "/domains").status == nginx.get(host, "/domains/asked").status == 200
        assert nginx.get(host, path).status == 404


def test_a_body_beyond_all_reason_is_refused_at_the_door(nginx: Front) -> None:
    assert nginx.get(ACME, "/settings", method="POST", body=b"x" * 1_500_000).status == 200
    assert nginx.get(ACME, "/settings", method="POST", body=b"x" * 3_000_000).status == 413


@pytest.mark.parametrize("path", ["/settings/brand", "/api/saas/v1/branding/logo"])
def test_a_logo_may_be_larger_and_no_larger_than_that(nginx: Front, path: str) -> None:
    for host in (ACME, PORTAL):
        assert nginx.get(host, path, method="POST", body=b"x" * 6_800_000).status == 200
        assert nginx.get(host, path, method="POST", body=b"x" * 7_500_000).status == 413


def test_a_flood_of_sign_ins_is_stopped_and_reading_is_not(nginx: Front) -> None:
    tries = [nginx.get(ACME, "/sign-in", method="POST", body=b"").status for _ in range(40)]
    assert tries[0] == 200
    assert 429 in tries
    assert {nginx.get(ACME, "/sign-in").status for _ in range(40)} == {200}


def test_the_log_holds_no_query_and_no_token(nginx: Front) -> None:
    nginx.get(ACME, "/reset/secret-token?more=secret-query")
    limit = time.monotonic() + 10
    while "/reset/..." not in (log := (nginx.folder / "access.log").read_text()):
        assert time.monotonic() < limit, "the request was never logged"
    told = [line for line in map(json.loads, log.splitlines()) if line["path"] == "/reset/..."]
    assert told[0]["host"] == ACME
    assert "secret" not in log
