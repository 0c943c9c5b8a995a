"""Forms of domains."""

from wtforms.validators import DataRequired, Length

from saas.web.forms import BaseForm, Line


class ClaimForm(BaseForm):
    """The domain to connect."""

    host = Line(
        "Domain",
        [
            DataRequired("Enter a domain, such as portal.example.com."),
            Length(max=2000, message="This name is too long."),
        ],
        description="The exact name under which people shall find you.",
    )


class ReleaseForm(BaseForm):
    """The typed assurance."""

    confirm = Line("Domain", [DataRequired("Please type the domain to confirm.")])
