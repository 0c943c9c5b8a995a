"""The whole application with its files in an S3-compatible store: the doctor, pages, jobs, and organisations that go."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import psycopg
import pytest
from pydantic import SecretStr

from saas.audit.kept import get_kept
from saas.core.actor import SYSTEM
from saas.core.buckets import Bucket
from saas.core.logins import Login
from saas.core.objectstorage import ObjectStorage, Patience
from saas.core.runtime import install, runtime
from saas.core.storage import FilesUnavailable
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.queries import get_tenant
from saas.tenancy.removal import purge_tenant
from saas.tenancy.scope import platform_scope, platform_work
from tests.audit.conftest import check, export, exports, log, newest, owner, sealed
from tests.branding.pictures import drawn
from tests.objectstore import SECRET, ObjectStore, object_store
from tests.processes import run_saas
from tests.support import Browser

__all__ = ["export", "log", "owner", "sealed"]
"""Fixtures of the audit log's tests."""
BRAND = {"primary": "#c8102e", "font": "Inter", "radius": "medium", "level": "AA", "version": "0", "do": "publish"}


@pytest.fixture
def objects(app) -> Iterator[ObjectStore]:
    """The store that holds all files during a test."""
    before = runtime()
    with object_store() as store:
        settings = before.settings.model_copy(update={"files_url": SecretStr(store.url)})
        storage = ObjectStorage.of(Bucket.parse(store.url), Patience(read=0.3, retries=0))
        install(replace(before, settings=settings, storage=storage))
        yield store
        assert store.wrong == []
    install(before)


def leave(organisation) -> None:
    with platform_work():
        change_status(get_tenant(organisation.slug), Status.DELETING, reason="they left", actor=SYSTEM)


def try_again(settings, run_jobs) -> None:
    """Run what waits for its next try."""
    with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as queue:
        queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    run_jobs()


class TestTheDoctor:
    def test_tells_where_files_are_without_the_keys(self, saas, objects):
        result = saas("doctor")
        assert (
            f"ok    Files are kept in http://127.0.0.1:{objects.server_port}/files/of-a/deployment\n" in result.output
        )
        assert SECRET not in result.output

    def test_a_process_that_is_told_of_a_bucket_keeps_files_there(self, objects, settings, tmp_path):
        database = settings.login(Login.OWNER)
        result = run_saas("doctor", folder=tmp_path, DATABASE_URL=database, FILES_URL=objects.url)
        assert f"Files are kept in http://127.0.0.1:{objects.server_port}/files" in result.stdout
        assert [method for method, key in objects.asked if "/doctor/" in key] == ["PUT", "DELETE"]

    def test_tells_what_hinders_and_what_to_look_at(self, saas, objects):
        with objects.trouble("denied", method="DELETE"):
            result = saas("doctor")
        assert result.exit_code == 1
        assert "Files cannot be kept: " in result.output
        assert "(AccessDenied)" in result.output
        assert "Check FILES_URL" in result.output

    def test_an_organisation_is_healthy_either_way(self, saas, acme, objects):
        with objects.trouble("internal"):
            assert saas("tenants", "health", acme.slug).exit_code == 0


class TestPages:
    @pytest.fixture
    def alice(self, acme, browse, objects) -> Browser:
        return browse(acme, "Alice")

    @pytest.fixture
    def logo(self, acme, alice) -> str:
        """The address of Acme's logo."""
        sent = {**BRAND, "logo_file": (BytesIO(drawn()), "logo.png")}
        assert alice.post("/settings/brand", sent).status_code == 303
        name = next(name for name in runtime().storage.names(acme.id) if name.endswith("large.png"))
        return f"/{name}"

    def test_a_logo_is_kept_and_shown(self, alice, logo):
        shown = alice.get(logo)
        assert (shown.status_code, shown.mimetype) == (200, "image/png")

    def test_one_that_cannot_be_had_now_may_be_had_later(self, alice, logo, objects):
        with objects.trouble("internal"):
            refused = alice.get(logo)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert "immutable" not in refused.headers.get("Cache-Control", "")
        assert alice.get(logo).status_code == 200

    def test_one_that_cannot_be_kept_is_not_published(self, acme, alice, objects):
        with objects.trouble("slow_down", method="PUT"):
            sent = {**BRAND, "logo_file": (BytesIO(drawn()), "logo.png")}
            assert alice.post("/settings/brand", sent).status_code == 503
        assert "Version 1" not in alice.get("/settings/brand").text

    def test_every_other_page_goes_on(self, alice, objects):
        with objects.trouble("hang"):
            assert [alice.get(path).status_code for path in ("/", "/audit", "/settings/brand")] == [200, 200, 200]


class TestAuditLogs:
    def test_an_export_is_written_and_taken_along(self, export, objects, acme):
        assert export().startswith(b"{")
        assert any("/audit/" in key or "exports" in key for key in objects.objects)

    def test_one_that_cannot_be_written_is_written_later(self, acme, browse, run_jobs, settings, objects):
        alice = browse(acme, "Alice")
        alice.post("/audit/exports", {"format": "jsonl"}, page="/audit")
        with objects.trouble("internal", method="PUT"):
            run_jobs()
        assert exports(acme)[-1].status != "ready"
        try_again(settings, run_jobs)
        assert exports(acme)[-1].status == "ready"

    def test_one_that_cannot_be_had_now_can_be_asked_for_again(self, acme, browse, export, objects):
        content, page = export(), f"/audit/exports/{exports(acme)[-1].id}"
        alice = browse(acme, "Alice")
        with objects.trouble("internal"):
            refused = alice.get(page)
        assert (refused.status_code, "Content-Disposition" in refused.headers) == (503, False)
        assert alice.get(page).data == content

    def test_sealing_goes_on_without_files(self, sealed, owner, log, objects):
        before = sealed(2)
        with objects.trouble("internal"):
            assert sealed(2) == before + 2
        assert get_kept(log).position == before
        sealed(1)
        assert get_kept(log).position == newest(owner, log)

    def test_a_head_that_cannot_be_had_is_no_broken_log(self, sealed, log, objects):
        sealed(2)
        with objects.trouble("internal"), pytest.raises(FilesUnavailable):
            check(log)
        assert check(log).fault is None


class TestAnOrganisationThatGoes:
    def test_takes_its_objects_along_and_nobody_elses(self, cast, owner, objects):
        for one in (cast.acme, cast.umbrella):
            for name in ("logo.png", "exports/2026/all.csv", "audit/head"):
                runtime().storage.put(one.id, name, b"x")
        leave(cast.acme)
        purge_tenant(owner, cast.acme.id, actor=SYSTEM)
        assert runtime().storage.names(cast.acme.id) == []
        assert runtime().storage.names(cast.umbrella.id) == ["audit/head", "exports/2026/all.csv", "logo.png"]

    def test_stays_until_its_objects_are_gone(self, acme, owner, objects):
        runtime().storage.put(acme.id, "logo.png", b"x")
        leave(acme)
        with objects.trouble("slow_down", method="DELETE"), pytest.raises(FilesUnavailable):
            purge_tenant(owner, acme.id, actor=SYSTEM)
        with platform_scope() as session:
            assert session.get(Tenant, acme.id) is not None
        purge_tenant(owner, acme.id, actor=SYSTEM)
        with platform_scope() as session:
            assert session.get(Tenant, acme.id) is None
        assert objects.objects == {}

    def test_what_hinders_is_told_on_the_command_line(self, saas, acme, objects):
        runtime().storage.put(acme.id, "logo.png", b"x")
        leave(acme)
        with objects.trouble("denied", method="DELETE"):
            refused = saas("tenants", "purge", acme.slug)
        assert refused.exit_code == 1
        assert "A file cannot be removed: " in refused.output
        assert "(AccessDenied)" in refused.output
        assert saas("tenants", "purge", acme.slug).exit_code == 0
