"""What the log tells of an organisation's settings."""

from tests.log import log_of, news, operators_log

PROFILE = {"name": "Acme", "time_zone": "UTC", "language": "en", "support_address": ""}


def test_what_was_changed_is_told_with_what_it_was(acme, browse):
    adam = browse(acme, "Adam")
    adam.get("/settings")
    with news(acme) as told:
        changed = PROFILE | {"name": "Acme Tools", "support_address": "help@example.com"}
        assert adam.post("/settings", changed).status_code == 303
    renamed, settings = told.entries
    assert (renamed.event, renamed.changes) == ("tenancy.tenant.renamed", {"name": ["Acme", "Acme Tools"]})
    assert (settings.event, settings.changes) == (
        "tenancy.tenant.settings_changed",
        {"support_address": ["", "help@example.com"]},
    )
    assert {entry.actor_name for entry in told.entries} == {"Adam"}
    assert operators_log(acme.id, "tenancy.tenant.renamed") == []


def test_saving_what_was_there_already_is_told_to_nobody(acme, browse):
    adam = browse(acme, "Adam")
    adam.get("/settings")
    with news(acme) as told:
        assert adam.post("/settings", PROFILE).status_code == 303
        assert adam.post("/settings", PROFILE | {"name": ""}).status_code == 422
    assert told.entries == []


def test_another_address_is_told_and_how_the_person_was_brought_along(acme, browse):
    alice = browse(acme, "Alice")
    alice.get("/settings/address")
    with news(acme) as told:
        assert alice.post("/settings/address", {"slug": f"{acme.slug}-new"}).status_code == 303
    assert told.events == ["tenancy.tenant.slug_changed", "accounts.session.ended", "accounts.session.let_over"]
    assert told.entries[0].changes == {"slug": [acme.slug, f"{acme.slug}-new"]}


def test_closing_is_told_in_both_logs(acme, browse):
    alice = browse(acme, "Alice")
    alice.get("/settings/delete")
    assert alice.post("/settings/delete", {"confirm": "something else"}).status_code == 422
    assert log_of(acme, "organisations.organisation.closed") == []
    assert alice.post("/settings/delete", {"confirm": acme.slug}).status_code == 303
    (own,) = log_of(acme, "organisations.organisation.closed")
    (outside,) = operators_log(acme.id, "tenancy.tenant.status_changed")
    assert (own.actor_id, outside.actor_id) == (acme.people["Alice"].id, acme.people["Alice"].id)
    assert own.changes == outside.changes == {"status": ["trialing", "cancelled"]}
    assert log_of(acme, "tenancy.tenant.status_changed") == []
