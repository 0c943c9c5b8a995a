"""From the wizard's last step to a page: pebble issues, the folder is filled, nginx serves the domain over TLS without a reload."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from saas.domains.certificates.jobs import renew
from saas.domains.certificates.operations import request_certificate
from saas.tenancy.scope import tenant_work
from tests.cast import Organisation
from tests.domains.certificates import pebble as authorities
from tests.domains.certificates.conftest import give_up, set_to, trusting, verify
from tests.front import Front, make_certificate
from tests.nginx import needs_nginx, running

pytestmark = [*authorities.needs_pebble, *needs_nginx]


@pytest.fixture(scope="module")
def nginx(app: Flask, served: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """nginx before our application; its ``custom`` is the worker's folder of certificates."""
    folder = tmp_path_factory.mktemp("nginx")
    make_certificate(folder / "certs" / "example.test", "example.test", "*.example.test")
    (folder / "custom").mkdir()
    with running(folder, served, base_domain="example.test") as nginx:
        yield nginx


@pytest.fixture(scope="module")
def outside(nginx: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[authorities.Pebble]:
    """An authority that looks for proofs at nginx, as one outside does, and no further."""
    with authorities.running(tmp_path_factory.mktemp("outside"), nginx.plain_port) as authority:
        yield authority


@pytest.fixture
def deployed(nginx: Front, outside: authorities.Pebble, app: Flask) -> Iterator[Path]:
    """Settings as behind nginx; the folder of certificates."""
    folder = nginx.folder / "custom"
    with set_to(
        certificates="acme",
        certificates_dir=folder,
        acme_directory=outside.directory,
        acme_ca_file=outside.ca_file,
        trusted_proxies=1,
    ):
        yield folder


def get_certified(organisation: Organisation, name: str) -> str:
    host = verify(organisation, name)
    with tenant_work(organisation):
        request_certificate(host)
    return host


def test_domains_are_served_as_soon_as_they_have_a_certificate_by_an_nginx_that_runs_on(
    nginx, outside, deployed, acme, umbrella, run_jobs
):
    names = {f"portal.{acme.slug}.example.org": acme, f"portal.{umbrella.slug}.example.org": umbrella}
    for name, organisation in names.items():
        with pytest.raises(OSError):
            nginx.certificate_of(name)
        get_certified(organisation, name)
        run_jobs()
        answer = nginx.get(name, "/sign-in", context=trusting(outside))
        assert answer.status == 200
        assert organisation.name in answer.body.decode()
    for name, organisation in names.items():
        assert organisation.name in nginx.get(name, "/sign-in", context=trusting(outside)).body.decode()
        assert nginx.get_plain(name, "/sign-in").headers["Location"] == f"https://{name}/sign-in"


def test_the_authority_finds_the_proof_on_port_80_and_strangers_find_nothing(nginx, deployed, acme):
    assert nginx.get_plain("portal.example.org", "/.well-known/acme-challenge/nobody").status == 404
    assert nginx.get_plain("portal.example.org", "/domains/ask?domain=x").status == 301


def test_a_domain_whose_certificate_went_gets_no_connection(nginx, outside, deployed, acme, run_jobs):
    kept, host = (get_certified(acme, f"{name}.{acme.slug}.example.org") for name in ("kept", "gone"))
    run_jobs()
    assert nginx.certificate_of(host)
    give_up(host)
    renew()
    with pytest.raises(OSError):
        nginx.certificate_of(host)
    assert nginx.certificate_of(kept)


def test_which_hosts_are_served_is_nobodys_business_outside(nginx, outside, deployed, acme, run_jobs, app):
    host = get_certified(acme, f"ask.{acme.slug}.example.org")
    run_jobs()
    path = f"/domains/ask?domain={host}"
    assert app.test_client().get(path).status_code == 200
    assert nginx.get(host, path).status == nginx.get(acme.host, path).status == 404
