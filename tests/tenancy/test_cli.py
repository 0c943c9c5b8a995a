"""The command line: what it does, what it says, and with which code it ends."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo
from pydantic import SecretStr
from sqlalchemy import delete, text

from saas.app import create_app
from saas.core.crypto import KeyRing, new_master_key
from saas.core.ids import short_id
from saas.core.jobs import enqueue
from saas.core.logins import Login, login_name
from saas.core.runtime import install, runtime
from saas.core.settings import DEVELOPMENT_KEY, Settings
from saas.core.settingsdoc import settings_page
from saas.core.storage import FolderStorage
from saas.tenancy import checks, cli, commands
from saas.tenancy.history import History, Step, tenant_history
from saas.tenancy.migrations import migrate_tenants
from saas.tenancy.models import Status, TenantMigration
from saas.tenancy.provisioning import drop_schema, owner_connection
from saas.tenancy.queries import count_spares, get_tenant, list_events
from saas.tenancy.scope import platform_scope, platform_work, role_of, tenant_work

ROOT = Path(__file__).resolve().parents[2]


def status_of(name: str) -> str:
    with platform_scope():
        return get_tenant(name).status


@pytest.fixture(autouse=True)
def _no_failed_migrations(app):
    with platform_work() as session:
        session.execute(delete(TenantMigration))


class TestCreate:
    def test_makes_an_organisation_and_says_how_to_go_on(self, saas):
        slug = f"cli-{short_id()}"
        result = saas("tenants", "create", "--name", "Command Line", "--slug", slug)
        assert result.exit_code == 0
        assert f"“Command Line” is ready at http://{slug}.example.test/" in result.output
        assert f"saas members create {slug}" in result.output
        with platform_scope():
            tenant = get_tenant(slug)
            assert (tenant.key, tenant.plan) == (slug, "trial")
            assert tenant.verified_at is not None
            assert list_events(tenant.id)[0].actor.startswith("command line")

    def test_builds_a_schema_when_none_is_ready(self, saas, owner):
        aside = "UPDATE platform.spare_schemas SET revision = "
        owner.execute(aside + "'aside'")
        try:
            assert saas("tenants", "create", "--name", "X", "--slug", f"cli-{short_id()}").exit_code == 0
        finally:
            owner.execute(aside + "%s", [tenant_history().head])

    def test_takes_key_plan_and_address(self, saas):
        key = f"corp_{short_id()}"
        options = ["--key", key, "--plan", "pro", "--billing-email", "Bills@Example.com"]
        assert saas("tenants", "create", "--name", "Corp", "--slug", f"cli-{short_id()}", *options).exit_code == 0
        with platform_scope():
            assert (get_tenant(key).plan, get_tenant(key).billing_email) == ("pro", "bills@example.com")

    @pytest.mark.parametrize(
        ("option", "value", "sentence"),
        [
            ("--slug", "www", "slug: This address is reserved."),
            ("--slug", "a", "slug: Use at least 3 characters."),
            ("--slug", "ä b", "slug: Use letters a–z"),
            ("--key", "ä", "key: A key has 1 to 50"),
            ("--name", "evil.com", "name: A name cannot hold a web address."),
            ("--plan", "lots", "plan: There is no plan “lots”. Choose one of: trial, free, pro, "),
            ("--billing-email", "bills", "billing-email: Please enter an e-mail address such as ana@example.com."),
            ("--billing-email", "bills@nowhere", "billing-email: The part after the @ is not a domain name."),
        ],
    )
    def test_a_value_that_cannot_be_taken_is_one_line_and_makes_nothing(self, saas, option, value, sentence):
        slug = f"cli-{short_id()}"
        result = saas("tenants", "create", "--name", "X", "--slug", slug, option, value)
        assert result.exit_code == 2
        assert result.output.startswith(f"Error: {sentence}")
        assert len(result.output.splitlines()) == 1
        assert saas("tenants", "show", slug).exit_code == 1

    def test_a_taken_name_is_refused(self, saas, acme):
        result = saas("tenants", "create", "--name", "X", "--slug", acme.slug)
        assert (result.exit_code, result.output) == (2, "Error: slug: This address is taken. Please choose another.\n")


class TestLooking:
    def test_the_list_is_a_table_with_the_newest_first(self, saas, acme):
        lines = saas("tenants", "list").output.splitlines()
        assert lines[0].split() == ["KEY", "SLUG", "NAME", "STATUS", "PLAN", "REVISION", "SINCE"]
        (own,) = [line for line in lines if line.startswith(acme.slug)]
        assert own.split()[2:5] == ["Acme", "trialing", "trial"]
        starts = {line.index("trial") for line in lines if " trialing " in line}
        assert len(starts) == 1, "the columns are not aligned"

    def test_the_list_can_be_narrowed(self, saas, cast):
        saas("tenants", "suspend", cast.acme.slug, "--reason", "x")
        lines = saas("tenants", "list", "--status", "suspended").output
        assert cast.acme.slug in lines
        assert cast.umbrella.slug not in lines
        assert saas("tenants", "list", "--status", "happy").exit_code == 2

    def test_the_list_for_programs_is_json(self, saas, acme):
        data = json.loads(saas("tenants", "list", "--json").output)
        (own,) = [row for row in data if row["key"] == acme.slug]
        assert own["id"] == str(acme.id)
        assert own["schema_name"] == acme.schema_name

    def test_nothing_found_is_said(self, saas):
        with platform_work() as session:
            session.execute(text("UPDATE platform.tenants SET status = 'active' WHERE status = 'past_due'"))
        assert "There is no organisation at “past_due”." in saas("tenants", "list", "--status", "past_due").output

    def test_one_is_shown_with_its_history(self, saas, acme):
        saas("tenants", "suspend", acme.slug, "--reason", "unpaid since May")
        for name in (acme.slug, str(acme.id)):
            output = saas("tenants", "show", name).output
            for part in (
                acme.slug,
                str(acme.id),
                acme.schema_name,
                "suspended (unpaid since May)",
                "created",
                "command line",
            ):
                assert part in output

    @pytest.mark.parametrize(
        "words",
        [
            ("show", "nobody"),
            ("suspend", "nobody", "--reason", "x"),
            ("resume", "nobody"),
            ("cancel", "nobody", "--reason", "x"),
            ("delete", "nobody", "--yes"),
            ("purge", "nobody"),
            ("health", "nobody"),
            ("migrate", "--only", "nobody"),
            ("keys", "rotate", "nobody"),
        ],
    )
    def test_an_unknown_name_is_one_line(self, saas, words):
        result = saas("tenants", *words)
        assert (result.exit_code, result.output) == (1, "Error: No organisation is called “nobody”.\n")

    def test_nothing_is_coloured_where_nobody_looks(self, saas):
        assert "\x1b" not in saas("tenants", "status").output

    def test_the_fleet_is_told_with_revisions_spares_and_failures(self, saas, acme):
        output = saas("tenants", "status").output
        assert tenant_history().head in output
        assert "this release" in output
        assert "spare schemas are ready" in output
        assert "No migration failed." in output
        with platform_work() as session:
            session.add(
                TenantMigration(
                    schema_name=acme.schema_name,
                    tenant_id=acme.id,
                    from_revision="a",
                    to_revision="b",
                    error="it broke",
                )
            )
        output = saas("tenants", "status").output
        assert "Migrations failed" in output
        assert f"{acme.slug}  {acme.schema_name}  it broke" in output


class TestLife:
    def test_suspend_resume_cancel_resume(self, saas, acme):
        assert "is suspended." in saas("tenants", "suspend", acme.slug, "--reason", "unpaid").output
        assert "is trialing again." in saas("tenants", "resume", acme.slug).output
        assert "is cancelled." in saas("tenants", "cancel", acme.slug, "--reason", "asked").output
        assert "is trialing again." in saas("tenants", "resume", acme.slug).output

    @pytest.mark.parametrize(("verb", "status"), [("suspend", "suspended"), ("cancel", "cancelled")])
    def test_what_is_done_already_is_said_and_its_reason_and_time_stay(self, saas, acme, verb, status):
        saas("tenants", verb, acme.slug, "--reason", "unpaid since May")
        with platform_scope():
            before = get_tenant(acme.slug)
        again = saas("tenants", verb, acme.slug, "--reason", "typed twice")
        assert again.exit_code == 0
        assert f"is {status} already, since {before.status_at:%Y-%m-%d %H:%M} UTC (unpaid since May)." in again.output
        with platform_scope():
            after = get_tenant(acme.slug)
            assert (after.status_reason, after.status_at) == (before.status_reason, before.status_at)
            assert [event.reason for event in list_events(after.id)].count("typed twice") == 0

    def test_resuming_what_is_in_service_says_so_and_changes_nothing(self, saas, acme):
        saas("tenants", "suspend", acme.slug, "--reason", "unpaid")
        saas("tenants", "resume", acme.slug, "--reason", "paid in cash")
        again = saas("tenants", "resume", acme.slug)
        assert again.exit_code == 0
        assert "is trialing already, since " in again.output
        assert "(paid in cash)." in again.output

    def test_nothing_leads_back_from_deletion(self, saas, tenant):
        saas("tenants", "delete", tenant.slug, "--yes")
        result = saas("tenants", "resume", tenant.slug)
        assert (result.exit_code, result.output) == (1, "Error: A tenant that is deleting cannot become trialing.\n")

    def test_it_comes_back_to_the_station_where_it_was(self, saas, acme):
        cli.move_tenant(acme.slug, Status.PAST_DUE, reason="unpaid")
        saas("tenants", "suspend", acme.slug, "--reason", "unpaid")
        assert "is past_due again." in saas("tenants", "resume", acme.slug).output

    def test_a_reason_must_be_given(self, saas, acme):
        assert saas("tenants", "suspend", acme.slug).exit_code == 2
        assert status_of(acme.slug) == "trialing"

    def test_deleting_asks_first(self, saas, tenant):
        assert saas("tenants", "delete", tenant.slug, input="n\n").exit_code == 1
        assert saas("tenants", "delete", tenant.slug).exit_code == 1
        assert status_of(tenant.slug) == "trialing"
        assert saas("tenants", "delete", tenant.slug, input="y\n").exit_code == 0
        assert status_of(tenant.slug) == "deleting"

    def test_purging_comes_after_deleting(self, saas, tenant, owner):
        refused = saas("tenants", "purge", tenant.slug)
        assert refused.exit_code == 1
        assert "mark it for deletion first" in refused.output
        assert saas("tenants", "delete", tenant.slug, "--yes").exit_code == 0
        assert saas("tenants", "purge", tenant.slug).output == f"“{tenant.name}” is gone.\n"
        assert owner.execute("SELECT to_regnamespace(%s)", [tenant.schema_name]).fetchone() == (None,)
        assert saas("tenants", "purge", tenant.slug).exit_code == 1

    def test_a_purge_that_was_interrupted_is_repeated(self, saas, tenant, owner):
        saas("tenants", "delete", tenant.slug, "--yes")
        drop_schema(owner, tenant.schema_name)
        assert saas("tenants", "purge", tenant.slug).exit_code == 0


class TestHealth:
    def test_a_healthy_one_is_said_to_be(self, saas, tenant):
        result = saas("tenants", "health", tenant.slug)
        assert (result.exit_code, result.output) == (0, "1 of 1 organisations are healthy.\n")

    @pytest.mark.parametrize(
        ("harm", "fault"),
        [
            ('DROP TABLE "{schema}".users CASCADE', "table users is missing"),
            ('CREATE TABLE "{schema}".mine (id int)', "table mine is not ours"),
            ('DROP SCHEMA "{schema}" CASCADE', "schema {schema} is missing"),
            (
                'REASSIGN OWNED BY "{role}" TO CURRENT_USER; DROP OWNED BY "{role}"; DROP ROLE "{role}"',
                "role {role} is missing",
            ),
            (
                "{platform}; UPDATE platform.tenants SET revision = 'what' WHERE schema_name = '{schema}'",
                "revision what is unknown",
            ),
            ("{platform}; DELETE FROM platform.tenant_keys WHERE tenant_id = '{id}'", "it has no encryption key"),
            (
                "{platform}; UPDATE platform.tenant_keys SET wrapped = 'x' WHERE tenant_id = '{id}'",
                "no master key opens its encryption key",
            ),
        ],
    )
    def test_a_fault_is_told(self, saas, tenant, owner, harm, fault, settings):
        words = {
            "schema": tenant.schema_name,
            "role": role_of(tenant.schema_name),
            "id": tenant.id,
            "platform": f'SET LOCAL ROLE "{settings.role_prefix}_platform"',
        }
        with owner.transaction():
            if "{role}" in harm:
                owner.execute(f'GRANT "{words["role"]}" TO CURRENT_USER')
            owner.execute(harm.format(**words))
        result = saas("tenants", "health", tenant.slug)
        assert result.exit_code == 1
        assert f"fail  {tenant.slug}: " in result.output
        assert fault.format(**words) in result.output
        assert "0 of 1 organisations are healthy." in result.output

    def test_a_folder_that_is_a_file_is_told(self, saas, tenant):
        root = runtime().storage.root
        root.mkdir(parents=True, exist_ok=True)
        (root / str(tenant.id)).write_text("in the way")
        result = saas("tenants", "health", tenant.slug)
        assert result.exit_code == 1
        assert "is not a folder" in result.output

    def test_all_of_them_are_looked_at(self, saas, cast):
        result = saas("tenants", "health")
        assert "organisations are healthy." in result.output
        assert f"  {cast.acme.slug}:" not in result.output


class TestMigrating:
    @pytest.fixture
    def release(self, monkeypatch):
        """Makes the command line believe in a newer release with these statements."""

        def come(*statements: str) -> None:
            newer = History((*tenant_history().steps, Step("newer", statements)))
            monkeypatch.setattr(cli, "migrate_tenants", lambda **options: migrate_tenants(history=newer, **options))

        return come

    def test_with_nothing_to_do_it_says_so(self, saas):
        result = saas("tenants", "migrate")
        assert (result.exit_code, result.output) == (0, "Every organisation is up to date.\n")

    def test_one_can_be_migrated_alone(self, saas, tenant, release):
        release("ALTER TABLE users ADD COLUMN extra text")
        result = saas("tenants", "migrate", "--only", tenant.slug)
        assert result.exit_code == 0
        assert "1 schemas migrated in" in result.output
        assert "1 of 1" in result.output

    def test_a_failure_is_told_by_name_and_ends_with_one(self, saas, tenant, release):
        release("ALTER TABLE nothing ADD COLUMN extra text")
        result = saas("tenants", "migrate", "--only", tenant.slug)
        assert result.exit_code == 1
        assert tenant.key in result.output
        assert 'relation "nothing" does not exist' in result.output
        assert "run this again" in result.output

    def test_a_table_in_use_is_told_within_the_lock_timeout(self, saas, tenant, release):
        release("ALTER TABLE users ADD COLUMN extra text")
        with owner_connection() as holder, holder.transaction():
            holder.execute(f'LOCK TABLE "{tenant.schema_name}".users IN ACCESS SHARE MODE')
            result = saas("tenants", "migrate", "--only", tenant.slug, "--lock-timeout", "100")
        assert result.exit_code == 1
        assert "lock timeout" in result.output
        assert saas("tenants", "migrate", "--only", tenant.slug).exit_code == 0

    def test_the_whole_deployment_can_be_brought_up_to_date_again_and_again(self, saas):
        for _ in range(2):
            result = saas("migrate")
            assert result.exit_code == 0
            assert "The platform is up to date." in result.output
            assert "Every organisation is up to date." in result.output

    def test_rights_lost_before_are_given_again(self, saas, owner, settings, acme, browse):
        owner.execute(f'REVOKE ALL ON platform.tenants FROM "{settings.role_prefix}_tenant"')
        assert saas("migrate").exit_code == 0
        assert browse(acme).get("/sign-in").status_code == 200


class TestSparesAndKeys:
    def test_spares_are_built_once(self, saas):
        with platform_scope():
            ready = count_spares()
        assert saas("tenants", "spares", "--count", str(ready + 1)).output == "1 built.\n"
        assert "were ready already" in saas("tenants", "spares", "--count", str(ready + 1)).output

    def test_a_key_is_rotated(self, saas, tenant):
        assert "its key 2." in saas("tenants", "keys", "rotate", tenant.slug).output

    def test_keys_are_wrapped_anew(self, saas, tenant):
        before = runtime()
        assert "Every key is wrapped" in saas("tenants", "keys", "rewrap").output
        fresh = new_master_key(2)
        install(replace(before, keys=KeyRing.parse(f"{fresh},{DEVELOPMENT_KEY}")))
        try:
            assert "keys wrapped anew." in saas("tenants", "keys", "rewrap").output
            install(replace(before, keys=KeyRing.parse(new_master_key(3))))
            lost = saas("tenants", "keys", "rewrap")
            assert lost.exit_code == 1
            assert tenant.key in lost.output
        finally:
            install(replace(before, keys=KeyRing.parse(f"{DEVELOPMENT_KEY},{fresh}")))
            saas("tenants", "keys", "rewrap")
            install(before)

    def test_a_new_master_key_is_printed(self, saas, monkeypatch):
        monkeypatch.delenv("MASTER_KEYS", raising=False)
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@/nothing")
        key = saas("keys", "new").output.splitlines()[0]
        assert KeyRing.parse(key).current == 1
        monkeypatch.setenv("MASTER_KEYS", f"{new_master_key(4)},{new_master_key(7)}")
        assert saas("keys", "new").output.startswith("8:")


class TestWorker:
    def test_once_works_off_what_is_due(self, saas, acme, owner):
        with tenant_work(acme):
            enqueue("tenancy.tidy")
        assert saas("worker", "--once").exit_code == 0
        query = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'place' = %s"
        assert owner.execute(query, [acme.schema_name]).fetchone() == (0,)


class TestDoctor:
    @pytest.fixture
    def settled(self, saas):
        """A deployment that is well."""
        saas("tenants", "spares", "--count", "1")

    def test_a_deployment_that_is_well_ends_with_zero(self, saas, settled):
        result = saas("doctor")
        assert not any(line.startswith("fail") for line in result.output.splitlines()), result.output
        assert result.exit_code == 0
        for sentence in (
            "ok    PostgreSQL ",
            "ok    The logins owner, app and jobs connect",
            "ok    The web login has no rights of its own on any tenant's schema",
            "ok    Row-level security is forced",
            "ok    The web login's default path is empty",
            "ok    Every tenant is at revision",
        ):
            assert sentence in result.output

    @pytest.mark.parametrize(
        ("harm", "undo", "sentence"),
        [
            ("GRANT TEMP ON DATABASE {db} TO PUBLIC", "REVOKE TEMP ON DATABASE {db} FROM PUBLIC", "temporary tables"),
            (
                "GRANT USAGE ON SCHEMA {schema} TO {app}",
                "REVOKE USAGE ON SCHEMA {schema} FROM {app}",
                "reaches 1 tenant schemas",
            ),
            (
                "GRANT {role} TO {app} WITH INHERIT TRUE",
                "GRANT {role} TO {app} WITH INHERIT FALSE",
                "reaches 1 tenant schemas",
            ),
            (
                "ALTER ROLE {app} IN DATABASE {db} SET search_path = public",
                "ALTER ROLE {app} IN DATABASE {db} SET search_path = ''",
                "default path is public",
            ),
            (
                "ALTER TABLE platform.domains NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE platform.domains FORCE ROW LEVEL SECURITY",
                "Without forced row-level security: domains",
            ),
            (
                "UPDATE platform.alembic_version SET version_num = 'older'",
                "UPDATE platform.alembic_version SET version_num = '{head}'",
                "platform's tables are not at this release",
            ),
            ("ALTER ROLE {app} CREATEROLE", "ALTER ROLE {app} NOCREATEROLE", "rights of an administrator"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_mend(self, saas, settled, owner, settings, acme, harm, undo, sentence):
        row = owner.execute("SELECT version_num FROM platform.alembic_version").fetchone()
        words = {
            "db": owner.info.dbname,
            "schema": acme.schema_name,
            "app": login_name(settings.role_prefix, Login.APP),
            "role": role_of(acme.schema_name),
            "head": row[0],
        }
        owner.execute(harm.format(**words))
        try:
            result = saas("doctor")
        finally:
            owner.execute(undo.format(**words))
        assert result.exit_code == 1
        assert sentence in result.output
        assert "      → " in result.output
        assert saas("doctor").exit_code == 0

    def test_tenants_behind_are_a_failure(self, saas, settled, acme, monkeypatch):
        newer = History((*tenant_history().steps, Step("newer", ())))
        monkeypatch.setattr(checks, "tenant_history", lambda: newer)
        result = saas("doctor")
        assert result.exit_code == 1
        assert "tenants wait for a migration" in result.output
        assert "→ saas tenants migrate" in result.output

    def test_a_schema_of_nobody_and_an_idle_queue_are_warnings(self, saas, settled, owner):
        stray = f"t_22222222{short_id(4)}"  # the first five by name are shown
        owner.execute("TRUNCATE jobs.procrastinate_workers CASCADE")
        owner.execute(f'CREATE SCHEMA "{stray}"')
        try:
            result = saas("doctor")
        finally:
            owner.execute(f'DROP SCHEMA "{stray}"')
        assert result.exit_code == 0
        assert f"belong to no tenant: {stray}" in result.output
        assert "No worker is alive" in result.output

    def test_a_login_that_cannot_connect_is_a_failure(self, saas, settled, settings):
        before = runtime()
        wrong = settings.login(Login.APP).replace(":", ":wrong", 2).replace("postgresql:wrong", "postgresql:")
        broken = before.settings.model_copy(update={"app_database_url": SecretStr(wrong)})
        install(replace(before, settings=broken))
        try:
            result = saas("doctor")
        finally:
            install(before)
        assert result.exit_code == 1
        assert "The app login cannot connect" in result.output

    def test_a_folder_that_cannot_be_written_is_a_failure(self, saas, settled, tmp_path):
        before = runtime()
        (tmp_path / "files").write_text("in the way")
        install(replace(before, storage=FolderStorage(tmp_path / "files")))
        try:
            result = saas("doctor")
        finally:
            install(before)
        assert result.exit_code == 1
        assert "Files cannot be kept" in result.output

    def test_a_setting_that_does_not_fit_the_database_is_told_instead_of_nonsense(self, saas, settled, acme):
        """With the other way to know tenants every one of them would look like a stray schema."""
        before = runtime()
        install(replace(before, settings=before.settings.model_copy(update={"tenant_roles": False})))
        try:
            told, refused = saas("doctor"), saas("migrate")
        finally:
            install(before)
        assert (told.exit_code, refused.exit_code) == (1, 1)
        assert "TENANT_ROLES is not what this database was made with" in told.output
        assert "belong to no tenant" not in told.output
        assert "TENANT_ROLES: cannot change" in str(refused.exception)

    def test_more_connections_than_the_server_takes_are_a_warning(self, saas, settled):
        before = runtime()
        greedy = before.settings.model_copy(update={"web_processes": 8, "db_pool_size": 400})
        install(replace(before, settings=greedy))
        try:
            assert "put PgBouncer in between" in saas("doctor").output
        finally:
            install(before)

    def test_wrong_settings_are_told_before_anything_else(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("ENVIRONMENT", "production")
        result = CliRunner().invoke(commands.doctor, obj=ScriptInfo(create_app=lambda: create_app()))
        assert result.exit_code == 1
        for name in ("SECRET_KEY", "JWT_SECRET", "MASTER_KEYS", "PUBLIC_SCHEME", "MAIL_URL", "DATABASE_URL"):
            assert f"fail  {name}: " in result.output


class TestSettings:
    def test_the_page_is_printed(self, saas):
        assert saas("settings").output == settings_page()

    def test_the_page_in_the_documentation_is_the_same(self):
        assert (ROOT / "docs" / "settings.md").read_text() == settings_page()

    def test_every_setting_says_what_it_means(self):
        assert [name for name, field in Settings.model_fields.items() if not field.description] == []
