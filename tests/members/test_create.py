"""Making accounts from the command line."""

from tests.cast import PASSWORD
from tests.members.coming import limit_seats, user_with
from tests.support import path_of


def link_in(output: str) -> str:
    return output.split("Choose a password: ")[1].strip()


def test_an_account_is_made_and_its_link_leads_to_a_password(app, acme, browse):
    email = f"zoe@{acme.slug}.example.com"
    result = app.test_cli_runner().invoke(
        args=["members", "create", acme.slug, "--email", email, "--name", "Zoë", "--role", "admin"]
    )
    assert result.exit_code == 0, result.output
    browser, path = browse(acme), path_of(link_in(result.output))
    assert browser.post(path, {"password": PASSWORD, "repeat": PASSWORD}).status_code == 303
    assert browse(acme).post("/sign-in", {"email": email, "password": PASSWORD}, page="/sign-in").status_code == 303


def test_an_account_takes_a_seat(app, acme):
    limit_seats(acme, 4)
    email = f"zoe@{acme.slug}.example.com"
    make = ["members", "create", acme.slug, "--email", email]
    refused = app.test_cli_runner().invoke(args=make)
    assert refused.exit_code != 0
    assert "4 of 4 seats are in use" in f"{refused.exception} {refused.output}"
    assert user_with(acme, email) is None
    limit_seats(acme, 5)
    assert app.test_cli_runner().invoke(args=make).exit_code == 0
    assert user_with(acme, email).verified_at is not None


def test_an_account_that_is_there_is_not_made_again(app, acme):
    result = app.test_cli_runner().invoke(args=["members", "create", acme.slug, "--email", acme.email("Bob")])
    assert result.exit_code != 0


def test_an_organisation_that_nobody_knows_gets_no_account(app):
    result = app.test_cli_runner().invoke(args=["members", "create", "nobody", "--email", "a@b.example.com"])
    assert result.exit_code != 0
