"""Findings of the doctor."""

from dataclasses import dataclass

from saas.core.console import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; ``mend`` says what to do about it."""

    level: Level
    text: str
    mend: str = ""


def well(text: str) -> Finding:
    """As it should be."""
    return Finding("ok", text)


def warning(text: str, mend: str) -> Finding:
    """It works, but not as well or as safely as it could."""
    return Finding("warn", text, mend)


def failure(text: str, mend: str) -> Finding:
    """It does not work, or a wall is missing."""
    return Finding("fail", text, mend)
