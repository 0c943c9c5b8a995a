"""What a new module and its things are called; refuses names that its code could not bear."""

import builtins
import re
from dataclasses import dataclass
from keyword import iskeyword

from saas.core.errors import Invalid
from saas.tenancy.names import clean_name

LONGEST = 20
_NAME = re.compile(r"^[a-z]+(_[a-z0-9]+)*$")
_LABEL = re.compile(r"^\w[\w -]*$")
_OWN_WORDS = frozenset(
    """account actor app asset before bp breadcrumb can card changes db error field form found here index label link listing
    module name navigation note organisation page path query record request row session target theme url value""".split()  # noqa: SIM905 - a list of words
)
"""Words that the code and the pages of a module use for something else."""
_TAKEN = frozenset(
    """api apps audit billing branding domains getting_started health home keys members plans privacy profile sandbox
    sessions settings sign_in sign_out static teams tenants usage users webhooks""".split()  # noqa: SIM905 - a list of words
)
"""Names whose addresses or tables the platform uses or keeps for itself."""
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("s", ""))


@dataclass(frozen=True, slots=True)
class Names:
    """``name`` is the module's (``purchase_orders``), ``singular`` one of its things, ``label`` what people read."""

    name: str
    singular: str
    label: str

    @property
    def words(self) -> dict[str, str]:
        """The words that the files of a new module are filled with."""
        return {
            "name": self.name,
            "singular": self.singular,
            "path": self.name.replace("_", "-"),
            "Class": "".join(part.capitalize() for part in self.singular.split("_")),
            "Label": self.label,
            "labels": _within_a_sentence(self.label),
            "label": self.singular.replace("_", " "),
        }


def names_of(name: str, *, singular: str | None = None, label: str | None = None) -> Names:
    """Everything that follows from a module's name; raises Invalid for one that cannot be used."""
    singular = _check("singular", singular or _singular_of(_check("name", name)))
    if singular == name:
        raise Invalid("The singular must differ from the name.", field="singular")
    if name in _TAKEN or singular in _OWN_WORDS:
        raise Invalid(f"“{name}” is used by the platform itself. Please choose another name.", field="name")
    label = clean_name(label or name.replace("_", " ").capitalize(), field="label", longest=40)
    if not _LABEL.match(label):
        raise Invalid("Use letters, digits, spaces and dashes for the label.", field="label")
    return Names(name, singular, label)


def _check(field: str, word: str) -> str:
    if not _NAME.match(word) or len(word) > LONGEST:
        raise Invalid(
            f"“{word}” cannot be used: take a–z, digits and single underscores, at most {LONGEST} characters.",
            field=field,
        )
    if iskeyword(word) or word in dir(builtins):
        raise Invalid(f"“{word}” is a word of Python. Please choose another name.", field=field)
    return word


def _singular_of(name: str) -> str:
    for ending, instead in _ENDINGS:
        if name.endswith(ending) and not name.endswith(("ss", "us", "is")):
            return name.removesuffix(ending) + instead
    raise Invalid(
        "A module is named in the plural, such as “shipments”; name one of them with --singular.", field="name"
    )


def _within_a_sentence(label: str) -> str:
    return label if label[1:2].isupper() else label[0].lower() + label[1:]
