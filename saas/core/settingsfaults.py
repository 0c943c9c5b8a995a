"""What is wrong with settings, in words for whoever sets them; the value of a secret is never told."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

_WORDS = {
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be on or off",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "value_error": "{error}",
}
"""pydantic's kinds of errors; other kinds are told in its own words."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One line to tell, and the names of the settings that it is about."""

    line: str
    about: frozenset[str]


def fault(name: str, words: str, *others: str) -> Fault:
    """A fault of a setting; ``others`` are settings that it is about as well."""
    return Fault(f"{name}: {words}", frozenset({name, *others}))


class BrokenRules(ValueError):
    """Settings that are well formed, each of them, and do not go together or do not fit the environment."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("the settings do not go together")
        self.faults = faults


def faults_of(error: ValidationError, *, secret: Collection[str]) -> Iterator[Fault]:
    """What pydantic found, field by field; ``secret`` are the names of fields of which the value is not told."""
    for found in error.errors(include_url=False):
        context = found.get("ctx", {})
        if isinstance(problem := context.get("error"), BrokenRules):
            yield from problem.faults
        else:
            name = str(found["loc"][0])
            words = _WORDS.get(found["type"], found["msg"].replace("{", "{{").replace("}", "}}")).format(**context)
            yield fault(name.upper(), words if name.lower() in secret else f"{words}, not {found['input']!r}")
