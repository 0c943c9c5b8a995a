"""The style guide: every part that pages are made of, in each of its states, with sample data. Development only."""

import math

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from wtforms import (
    BooleanField,
    FileField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from saas.web.access import even_suspended, public
from saas.web.charts import Series, bar_chart, donut, line_chart, sparkline, stacked_bar_chart
from saas.web.forms import Choice
from saas.web.pages import Page

tenant = Blueprint("styleguide", __name__, subdomain="tenant")
apex = Blueprint("styleguide_apex", __name__, subdomain="apex")
blueprints = (tenant, apex)

MONTHS = ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar")
DAYS = tuple(f"{day} Mar" for day in range(1, 29))
GAP = (12, 13)


def _choices(**labels: str) -> list[Choice]:
    return [Choice(value, label) for value, label in labels.items()]


class SampleForm(Form):
    """One field of every kind."""

    name = StringField("Organisation name", [InputRequired()], description="Shown to everyone you invite.")
    slug = StringField("Address", [InputRequired(), Length(min=3, message="Use at least 3 characters.")])
    email = StringField("Work e-mail", [InputRequired()])
    password = PasswordField("Password", [InputRequired("This is needed."), Length(min=10)])
    seats = IntegerField("Seats", [Optional()])
    role = SelectField("Role", choices=_choices(member="Member", admin="Admin", viewer="Viewer"))
    plan = RadioField("Plan", choices=_choices(starter="Starter", professional="Professional"), default="starter")
    scopes = SelectMultipleField("What the key may do", choices=_choices(read="Read members", write="Change members"))
    note = TextAreaField("Note", [Optional()])
    logo = FileField("Logo", description="PNG or SVG, at most 1 MB.")
    terms = BooleanField("I accept the terms", [InputRequired("Please accept the terms.")])
    digest = BooleanField("Weekly digest", description="A summary by e-mail every Monday.")


@tenant.get("/style-guide")
@apex.get("/style-guide")
@even_suspended
@public
def index() -> ResponseReturnValue:
    """All components in all their states."""
    refused = SampleForm(data={"slug": "a", "email": "ana"})
    refused.validate()
    good = SampleForm(data={"name": "Acme Ltd", "slug": "acme", "scopes": ["read"], "digest": True})
    page = Page(items=[None] * 20, page=3, per_page=20, total=236)
    return render_template("styleguide/index.html", form=good, bad_form=refused, page=page, **_charts())


def _charts() -> dict[str, object]:
    requests = [round(900 + 420 * math.sin(day / 3.2) + day * 38 + (day * 37 % 11) * 22) for day in range(28)]
    cached = [round(amount * 0.42 + (day * 53 % 17) * 14) for day, amount in enumerate(requests)]
    measured = [None if day in GAP else amount for day, amount in enumerate(requests)]
    plans = {
        "Starter": [40, 44, 51, 58, 63, 70],
        "Professional": [21, 24, 25, 33, 38, 46],
        "Enterprise": [4, 5, 5, 7, 9, 9],
    }
    return {
        "spark": sparkline(requests[-14:]),
        "area_chart": line_chart(DAYS, [Series("Requests", requests), Series("Of these cached", cached)]),
        "line_chart": line_chart(DAYS, [Series("Requests", measured)]),
        "bar_chart": bar_chart(
            MONTHS, [Series("New", [12, 18, 9, 22, 31, 27]), Series("Lost", [-3, -4, -2, -6, -5, -9])]
        ),
        "stacked_chart": stacked_bar_chart(MONTHS, [Series(name, values) for name, values in plans.items()]),
        "empty_chart": line_chart([], [Series("Requests", [])]),
        "ring": donut([("Workflows", 4210), ("API", 2380), ("Storage", 1190), ("Other", 420)]),
    }
