"""Reading a catalogue: the file, the terms, or everything that is wrong with it, each by its line, its key and the mend."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from saas.catalogue import rules, terms
from saas.catalogue.rules import Finding
from saas.catalogue.salvaging import place_of, salvage
from saas.catalogue.terms import Catalogue

SHIPPED = Path(__file__).resolve().parents[1] / "catalogues"
"""The folder with the catalogues that come along."""
_PARTS = [part for part in vars(terms).values() if isinstance(part, type) and issubclass(part, BaseModel)]
_KEYS = sorted({key for part in _PARTS for key in part.model_fields})
_HEADER = re.compile(r"^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")
_WORDS = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text, in quotes",
    "model_type": "must be a table",
    "mapping_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be a list in brackets",
    "string_too_short": "must not be empty",
}
_COLOUR = "must be a colour such as #1f6feb"
_PATTERNS = {"currency": "must be a currency such as EUR", "primary": _COLOUR, "accent": _COLOUR}
_BOUNDS = {"ge": "from {} up", "le": "at most {}", "lt": "less than {}", "max_length": "at most {} characters long"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place of a file; ``line`` counts from 1, 0 when no line can be named."""

    line: int
    key: str
    text: str


class WrongCatalogue(Exception):
    """A file that is no catalogue, with all of its problems; its text is one line for each."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.path, self.problems = path, problems
        super().__init__(
            "\n".join(f"{_place(path, one)}: {one.key + ' ' if one.key else ''}{one.text}" for one in problems)
        )


def _place(path: Path, problem: Problem) -> str:
    return f"{path.name}:{problem.line}" if problem.line else path.name


def shipped() -> list[str]:
    """The names of the catalogues that come along."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def path_of(name: str) -> Path:
    """The file of a catalogue that comes along, or the path itself."""
    own = SHIPPED / f"{name}.toml"
    return own if re.fullmatch(r"[a-z0-9_-]+", name) and own.exists() else Path(name)


def read(path: Path) -> Catalogue:
    """The catalogue in a file; raises WrongCatalogue."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise WrongCatalogue(path, [Problem(0, "", f"cannot be read: {error.strerror}.")]) from None
    except UnicodeDecodeError:
        raise WrongCatalogue(path, [Problem(0, "", "is not written in UTF-8.")]) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise WrongCatalogue(path, [Problem(int(found[1]) if found else 0, "", f"is not TOML: {error}.")]) from None
    catalogue, errors = salvage(values)
    findings = [Finding(tuple(map(str, place_of(one))), _sentence(one)) for one in errors]
    if catalogue is not None:
        findings += rules.check(catalogue, without=[key for one in errors for key in _left_out(one)])
    if findings or catalogue is None:
        lines = dict(_lines(text))
        raise WrongCatalogue(
            path, sorted({_problem(one, lines) for one in findings}, key=lambda one: (one.line, one.key))
        )
    return catalogue


def _problem(finding: Finding, lines: dict[tuple[str, ...], int]) -> Problem:
    """Where it stands: at its own key, or at the nearest table around it."""
    place = finding.key
    while place and place not in lines:
        place = place[:-1]
    return Problem(lines.get(place, 0), ".".join(finding.key), f"{finding.text}.")


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each key of the file, tables included, with its line."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_parts(key[1])), number


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _left_out(error: ErrorDetails) -> Iterator[tuple[str, ...]]:
    """The keys that a fault leaves empty: its own, and the one that was meant."""
    key = tuple(map(str, place_of(error)))
    yield key
    if error["type"] == "extra_forbidden" and (meant := _near(key[-1])):
        yield (*key[:-1], meant)


def _near(key: str) -> str:
    return next(iter(get_close_matches(key, _KEYS, 1)), "")


def _sentence(error: ErrorDetails) -> str:
    """What pydantic found, in words that say how to mend it."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        near = _near(str(error["loc"][-1]))
        return f"is not known here; did you mean “{near}”" if near else "is not known here"
    if kind == "enum":
        return f"must be one of {context['expected']}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(
            str(error["loc"][-1]), "must be a name of small letters, digits and _, beginning with a letter"
        )
    return _WORDS.get(kind, _plain(error["msg"], context))


def _plain(message: str, context: dict[str, Any]) -> str:
    for name, words in _BOUNDS.items():
        if name in context:
            return f"must be {words.format(context[name])}"
    return message[:1].lower() + message[1:]
