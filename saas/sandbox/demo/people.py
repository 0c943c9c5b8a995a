"""The organisations and people of the demo data."""

from dataclasses import dataclass

from saas.core.module import Role

PASSWORD = "copper lantern 42 fields"  # noqa: S105 - printed for everyone to read
TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; all of them have the same password, PASSWORD."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant to found; the first person is its owner. It has worked with the product for so many ``days``.

    ``suspended`` is the reason, empty while it is in service.
    """

    slug: str
    name: str
    people: tuple[Person, ...]
    days: int
    industry: str = ""
    time_zone: str = "UTC"
    plan: str = TRIAL
    suspended: str = ""


ACME = Organisation(
    slug="acme",
    name="Acme Manufacturing",
    days=60,
    industry="manufacturing",
    time_zone="Europe/Stockholm",
    plan="professional",
    people=(
        Person("Ada Lindqvist", "ada@acme.example", Role.OWNER),
        Person("Ben Okafor", "ben@acme.example", Role.ADMIN),
        Person("Carla Romero", "carla@acme.example", Role.TEAM_ADMIN),
        Person("Dev Patel", "dev@acme.example", Role.MEMBER),
        Person("Elin Berg", "elin@acme.example", Role.MEMBER),
        Person("Farah Haddad", "farah@acme.example", Role.MEMBER),
        Person("George Novak", "george@acme.example", Role.VIEWER),
        Person("Casey Morgan", "casey@consulting.example", Role.VIEWER),
    ),
)
UMBRELLA = Organisation(
    slug="umbrella",
    name="Umbrella Health",
    days=9,
    industry="healthcare",
    time_zone="Europe/London",
    people=(
        Person("Uma Keller", "uma@umbrella.example", Role.OWNER),
        Person("Casey Morgan", "casey@consulting.example", Role.ADMIN),
        Person("Victor Lang", "victor@umbrella.example", Role.MEMBER),
    ),
)
GLOBEX = Organisation(
    slug="globex",
    name="Globex Logistics",
    days=30,
    industry="retail",
    plan="professional",
    suspended="Two invoices have not been paid.",
    people=(
        Person("Gina Marlow", "gina@globex.example", Role.OWNER),
        Person("Hugo Stein", "hugo@globex.example", Role.MEMBER),
    ),
)
ORGANISATIONS = (GLOBEX, UMBRELLA, ACME)
"""In the order in which they are founded: Acme comes last, so that its being there says that all are."""
