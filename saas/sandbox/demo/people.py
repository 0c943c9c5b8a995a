"""The organisations and people of the demo data."""

from collections.abc import Mapping
from dataclasses import dataclass

from saas.catalogue.current import catalogue
from saas.core.module import Role

PASSWORD = "copper lantern 42 fields"  # noqa: S105 - printed for everyone to read
USUAL = ("professional", "pro")
"""What the plan is called that most take, in the catalogues that come along."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; all of them have the same password, PASSWORD."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant to found; the first person is its owner. It has been there for so many ``days``, and worked with the product
    for ``busy`` days (0: all of them).

    It ``pays`` since its trial ended, or tries the product; ``suspended`` is the reason, empty while it is in service. It is
    ``given`` these features besides its plan.
    """

    slug: str
    name: str
    people: tuple[Person, ...]
    days: int
    busy: int = 0
    industry: str = ""
    time_zone: str = "UTC"
    pays: bool = False
    suspended: str = ""
    given: tuple[str, ...] = ()


def _staff(company: str, roles: Mapping[str, Role]) -> tuple[Person, ...]:
    """People who are written to by their first names."""
    return tuple(
        Person(name, f"{name.partition(' ')[0].lower()}@{company}.example", role) for name, role in roles.items()
    )


def _consultant(role: Role) -> tuple[Person, ...]:
    """The one who has accounts in two organisations."""
    return _staff("consulting", {"Casey Morgan": role})


ACME = Organisation(
    slug="acme",
    name="Acme Manufacturing",
    days=106,
    busy=60,
    industry="manufacturing",
    time_zone="Europe/Stockholm",
    pays=True,
    given=("branding", "white_label"),
    people=_staff(
        "acme",
        {
            "Ada Lindqvist": Role.OWNER,
            "Ben Okafor": Role.ADMIN,
            "Carla Romero": Role.TEAM_ADMIN,
            "Dev Patel": Role.MEMBER,
            "Elin Berg": Role.MEMBER,
            "Farah Haddad": Role.MEMBER,
            "George Novak": Role.VIEWER,
        },
    )
    + _consultant(Role.VIEWER),
)
UMBRELLA = Organisation(
    slug="umbrella",
    name="Umbrella Health",
    days=9,
    industry="healthcare",
    time_zone="Europe/London",
    people=_staff("umbrella", {"Uma Keller": Role.OWNER, "Victor Lang": Role.MEMBER}) + _consultant(Role.ADMIN),
)
GLOBEX = Organisation(
    slug="globex",
    name="Globex Logistics",
    days=30,
    industry="retail",
    pays=True,
    suspended="Two invoices have not been paid.",
    people=_staff("globex", {"Gina Marlow": Role.OWNER, "Hugo Stein": Role.MEMBER}),
)
WONKA = Organisation(
    slug="wonka",
    name="Wonka Foods",
    days=41,
    busy=8,
    industry="retail",
    pays=True,
    people=_staff("wonka", {"Wilma Bucket": Role.OWNER, "Xaver Moss": Role.MEMBER}),
)
HOOLI = Organisation(
    slug="hooli",
    name="Hooli Motors",
    days=18,
    busy=6,
    industry="automotive",
    time_zone="America/New_York",
    people=_staff("hooli", {"Holly Brandt": Role.OWNER, "Ivo Petrov": Role.MEMBER}),
)
ORGANISATIONS = (HOOLI, WONKA, GLOBEX, UMBRELLA, ACME)
"""In the order in which they are founded: Acme comes last, so that its being there says that all are."""


def plan_of(organisation: Organisation) -> str:
    """The plan that an organisation takes: the usual one if it pays, else the first one."""
    sold = catalogue()
    usual = next((name for name in USUAL if name in sold.plans), sold.first_plan)
    return usual if organisation.pays else sold.first_plan
