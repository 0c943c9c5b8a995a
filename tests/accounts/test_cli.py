"""Accounts from the command line."""

from tests.cast import PASSWORD
from tests.support import path_of


def link_in(output: str) -> str:
    return output.split("Choose a password: ")[1].strip()


def test_an_account_is_made_and_its_link_leads_to_a_password(app, acme, browse):
    email = f"zoe@{acme.slug}.example.com"
    result = app.test_cli_runner().invoke(
        args=["accounts", "create", acme.slug, "--email", email, "--name", "Zoë", "--role", "admin"]
    )
    assert result.exit_code == 0, result.output
    browser, path = browse(acme), path_of(link_in(result.output))
    assert browser.post(path, {"password": PASSWORD, "repeat": PASSWORD}).status_code == 303
    assert browse(acme).post("/sign-in", {"email": email, "password": PASSWORD}, page="/sign-in").status_code == 303


def test_an_account_that_is_there_is_not_made_again(app, acme):
    result = app.test_cli_runner().invoke(args=["accounts", "create", acme.slug, "--email", acme.email("Bob")])
    assert result.exit_code != 0


def test_an_organisation_that_nobody_knows_gets_no_account(app):
    result = app.test_cli_runner().invoke(args=["accounts", "create", "nobody", "--email", "a@b.example.com"])
    assert result.exit_code != 0
