"""The style guide: there for everybody who develops, on every site with pages, and nowhere in production."""

import os
import subprocess
import sys

import pytest
from flask import Flask

from saas.core.settings import Settings

IN = """
from saas import create_app
print("styleguide.index" in create_app().view_functions)
"""


def test_the_style_guide_shows_every_part(apex) -> None:
    page = apex.get("/style-guide")
    assert page.status_code == 200
    for words in ("Colours and type", "Buttons and menus", "Forms", "Lists", "Feedback", "Figures and charts"):
        assert words in page.text


def test_it_stands_on_organisations_hosts_too(acme, browse) -> None:
    assert browse(acme).get("/style-guide").status_code == 200
    assert browse(acme, "Vera").get("/style-guide").status_code == 200


def test_its_theme_can_be_chosen(apex) -> None:
    assert apex.get("/style-guide").status_code == 200
    answer = apex.post("/theme", {"theme": "dark", "next": "/style-guide"}, page="/style-guide")
    assert answer.headers["Location"] == "/style-guide"
    assert 'data-theme="dark"' in apex.follow(answer).text


@pytest.mark.parametrize(("environment", "there"), [("development", "True"), ("production", "False")])
def test_production_has_no_style_guide(app: Flask, settings: Settings, environment: str, there: str) -> None:
    assert settings.database_url is not None
    told = {
        "ENVIRONMENT": environment,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET": "j" * 40,
        "MASTER_KEYS": "1:" + "A" * 43 + "=",
        "PUBLIC_SCHEME": "https",
        "MAIL_URL": "smtp://localhost",
        "MAIL_FROM": "no-reply@keystone.example.com",
        "BASE_DOMAIN": "keystone.example.com",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    run = subprocess.run([sys.executable, "-c", IN], env=os.environ | told, capture_output=True, text=True)
    assert run.stdout.split() == [there], run.stderr
