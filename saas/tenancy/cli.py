"""The commands ``saas tenants …``: make, look at, move through their lives and remove organisations."""

import json
from typing import Any

import click
import psycopg

from saas.core.console import counter, faint, mark, say, table
from saas.core.errors import Busy
from saas.core.runtime import settings
from saas.tenancy import texts
from saas.tenancy.given import PLAN, read_features, read_limits
from saas.tenancy.health import examine_tenants
from saas.tenancy.keys import rewrap_keys, rotate_key
from saas.tenancy.lifecycle import COMMAND_LINE, found_tenant, move_tenant, restore_tenant
from saas.tenancy.migrations import Limits, Report, migrate_tenants
from saas.tenancy.models import Status, Tenant
from saas.tenancy.plans import set_overrides
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.queries import get_tenant, list_tenants
from saas.tenancy.removal import purge_tenant
from saas.tenancy.scope import platform_scope, platform_work
from saas.tenancy.unlock import clear_networks

EVERYTHING = 1_000_000


@click.group("tenants")
def group() -> None:
    """Organisations: make, look at, migrate, suspend, remove."""


@group.command()
@click.option("--name", required=True, help="What the organisation is called.")
@click.option("--slug", required=True, help="Its subdomain; can be changed later.")
@click.option("--key", help="Its name in the API and on the command line, for ever; the slug by default.")
@click.option("--plan", default="", help="The plan it begins with; the catalogue's first one by default.")
@click.option("--billing-email", default="", help="Where invoices go.")
@click.option("--limit", "limits", multiple=True, metavar="METER=LIMIT", help="More or less than the plan says.")
@click.option("--feature", "features", multiple=True, metavar="FEATURE=on|off", help="Besides what the plan says.")
def create(name: str, slug: str, key: str | None, plan: str, billing_email: str, **given: tuple[str, ...]) -> None:
    """Make an organisation, ready for its first account."""
    limits, features = read_limits(given["limits"]), read_features(given["features"])
    tenant = found_tenant(name=name, slug=slug, key=key, plan=plan, billing_email=billing_email)
    if limits or features:
        with platform_work():
            set_overrides(get_tenant(tenant.key), limits=limits, features=features, actor=COMMAND_LINE)
    say(f"“{tenant.name}” is ready at {settings().public_url(settings().tenant_host(tenant.slug))}")
    say(f"Its first account: saas members create {tenant.key} --role owner --email …")


@group.command("list")
@click.option("--status", type=click.Choice([str(status) for status in Status]), help="Only those at this station.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(status: str | None, as_json: bool) -> None:
    """All organisations, the newest first."""
    with platform_scope():
        tenants = list_tenants(status=status, limit=EVERYTHING)
    if as_json:
        say(json.dumps([texts.as_data(tenant) for tenant in tenants], indent=2, ensure_ascii=False))
    elif tenants:
        say(table(texts.LIST_HEAD, [texts.list_row(tenant) for tenant in tenants]))
    else:
        say("There is no organisation" + (f" at “{status}”." if status else " yet. Make one with: saas tenants create"))


@group.command()
@click.argument("name")
def show(name: str) -> None:
    """One organisation with its names, domains and history. NAME is a key, a slug or an id."""
    with platform_scope():
        say(texts.description(get_tenant(name)))


@group.command()
def status() -> None:
    """The fleet: stations, revisions, failed migrations, spare schemas."""
    with platform_scope():
        say(texts.fleet())


@group.command()
@click.option("--connections", default=2, show_default=True, type=click.IntRange(1, 64), help="Schemas at a time.")
@click.option(
    "--lock-timeout", default=2000, show_default=True, type=click.IntRange(1), help="Milliseconds to wait for a lock."
)
@click.option("--statement-timeout", default=60_000, show_default=True, type=click.IntRange(1), help="Milliseconds.")
@click.option("--only", metavar="NAME", help="One organisation.")
def migrate(connections: int, lock_timeout: int, statement_timeout: int, only: str | None) -> None:
    """Bring all schemas to this release; a failed one is told and skipped, and tried again by the next run."""
    schema = None
    if only:
        with platform_scope():
            schema = get_tenant(only).schema_name
    run_migration(connections=connections, limits=Limits(lock_timeout, statement_timeout), only=schema)


def run_migration(**options: Any) -> None:
    """Migrate with progress and a report; exit code 1 when a schema failed."""
    present = Report()
    show_progress = counter(lambda: present.total)

    def progress(report: Report) -> None:
        present.total = report.total
        show_progress(report.done)

    report = migrate_tenants(progress=progress, **options)
    if not report.total:
        say("Every organisation is up to date.")
        return
    say(f"{report.done - len(report.failed)} schemas migrated in {report.seconds:.1f} s.")
    if report.failed:
        with platform_scope():
            say("\n" + texts.failures(report.failed), err=True)
        raise click.ClickException(
            f"{len(report.failed)} failed and are as they were; run this again to try them once more."
        )


def _closing(verb: str, station: Status, sentence: str) -> None:
    """A command that moves an organisation to a station where its people cannot work; nothing changes the second time."""

    @group.command(verb, help=sentence)
    @click.argument("name")
    @click.option("--reason", required=True, help="Shown to its people.")
    def close(name: str, reason: str) -> None:
        say(move_tenant(name, station, reason=reason))


_closing("suspend", Status.SUSPENDED, "Close all pages but sign-in, billing, export and support; nothing is deleted.")
_closing("cancel", Status.CANCELLED, "Close an organisation; its data are kept for the days of grace (PURGE_DAYS).")


@group.command("limit")
@click.argument("organisation")
@click.argument("meter")
@click.argument("number")
def limit_(organisation: str, meter: str, number: str) -> None:
    """Bound how much of a METER an organisation may have or use: a NUMBER, “unlimited”, or “plan” to leave it to the plan."""
    with platform_work():
        tenant = get_tenant(organisation)
        changed = set_overrides(tenant, limits=read_limits([f"{meter}={number}"]), actor=COMMAND_LINE)
    has = f"what its plan says for {meter}" if number == PLAN else f"{number} for {meter}"
    say(f"“{tenant.name}” has {has}{'' if changed else ' already'}. `saas usage show {tenant.key}` tells what it uses.")


@group.command("feature")
@click.argument("organisation")
@click.argument("feature")
@click.argument("state", type=click.Choice(["on", "off", "plan"]))
def feature_(organisation: str, feature: str, state: str) -> None:
    """Switch a FEATURE on or off for one organisation, whatever its plan says; “plan” leaves it to the plan."""
    with platform_work():
        tenant = get_tenant(organisation)
        changed = set_overrides(tenant, features=read_features([f"{feature}={state}"]), actor=COMMAND_LINE)
    say(f"“{tenant.name}” has {feature} {state}{'' if changed else ' already'}.")


@group.command()
@click.argument("organisation")
def unlock(organisation: str) -> None:
    """Clear the list of addresses from which an organisation can be opened, for an owner whom it keeps out."""
    with platform_work():
        tenant = get_tenant(organisation)
        cleared = clear_networks(tenant, actor=COMMAND_LINE)
    say(f"“{tenant.name}” {'can be opened' if cleared else 'could be opened already'} from every address.")


@group.command()
@click.argument("name")
@click.option("--reason", default="resumed by an operator", help="For the history.")
def resume(name: str, reason: str) -> None:
    """Open a suspended or cancelled organisation again, at the station where it was before."""
    say(restore_tenant(name, reason=reason))


@group.command()
@click.argument("name")
@click.option("--reason", default="deleted by an operator", help="For the history.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, reason: str, yes: bool) -> None:
    """Mark an organisation for deletion, for good; `purge` or the next hour's job removes it."""
    with platform_scope():
        tenant = get_tenant(name)
    if not yes:
        click.confirm(f"Delete “{tenant.name}” ({tenant.key}) with all its data? Nothing leads back.", abort=True)
    move_tenant(str(tenant.id), Status.DELETING, reason=reason)
    say(f"“{tenant.name}” is marked for deletion. To remove it now: saas tenants purge {tenant.key}")


@group.command()
@click.argument("name")
def purge(name: str) -> None:
    """Remove a deleted organisation: schema, role, jobs, files, rows. Can be repeated after an interruption."""
    with platform_scope():
        tenant = get_tenant(name)
    try:
        with owner_connection() as connection:
            purge_tenant(connection, tenant.id, actor=COMMAND_LINE)
    except psycopg.errors.LockNotAvailable:
        raise Busy("Its tables are in use; run this again in a moment.") from None
    except OSError as error:
        raise click.ClickException(f"A file cannot be removed: {error}. Mend this and run the command again.") from None
    say(f"“{tenant.name}” is gone.")


@group.command()
@click.argument("name", required=False)
def health(name: str | None) -> None:
    """Look whether schema, role, tables, keys and files of every organisation (or of one) are there; exit code 1 if not."""
    only = None
    if name:
        with platform_scope():
            only = get_tenant(name).id
    with owner_connection() as connection:
        examined = examine_tenants(connection, only)
    ill = [one for one in examined if one.faults]
    for one in ill:
        say(f"{mark('fail')}  {one.key}: {'; '.join(one.faults)}")
    say(f"{len(examined) - len(ill)} of {len(examined)} organisations are healthy.")
    if ill:
        raise click.exceptions.Exit(1)


@group.command()
@click.option(
    "--count", type=click.IntRange(0, 5000), help="How many to keep ready; the setting SPARE_SCHEMAS by default."
)
def spares(count: int | None) -> None:
    """Build schemas ahead, so that a sign-up only claims one."""
    wanted = settings().spare_schemas if count is None else count
    with owner_connection() as connection:
        built = top_up(connection, wanted)
    say(f"{built} built." if built else f"At least {wanted} were ready already.")


@group.group()
def keys() -> None:
    """Encryption keys of organisations."""


@keys.command()
@click.argument("name")
def rotate(name: str) -> None:
    """Give an organisation a new key for what is sealed from now on; older ones still open what they sealed."""
    with platform_work():
        tenant: Tenant = get_tenant(name)
        number = rotate_key(tenant, actor=COMMAND_LINE)
    say(f"“{tenant.name}” now seals with its key {number}.")


@keys.command()
def rewrap() -> None:
    """Wrap all keys with the newest master key; afterwards the older ones can leave MASTER_KEYS."""
    with platform_work() as session:
        done = rewrap_keys(actor=COMMAND_LINE)
        lost = [session.get_one(Tenant, tenant_id).key for tenant_id in dict.fromkeys(done.lost)]
    say(f"{done.changed} keys wrapped anew." if done.changed else "Every key is wrapped with the newest master key.")
    if lost:
        raise click.ClickException(f"No key in MASTER_KEYS opens those of {', '.join(lost)}; they are as they were.")
    if done.changed:
        say(faint("Mail that waits in the queue is still sealed with the master key it was sealed with."))
