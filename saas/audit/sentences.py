"""Entries in words: who, what they did, to what; and every field that changed, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any, Literal

from saas.core.audit import EntryColumns
from saas.core.runtime import runtime

REDACTED_NAME = "Somebody"
_KINDS = {
    "member": "Person",
    "api_key": "API key",
    "operator": "Operator",
    "job": "Job",
    "system": "System",
    "visitor": "Visitor",
}
KINDS: Mapping[str, str] = _KINDS
"""What kinds of actors are called."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence: plain words, or the name of a thing."""

    text: str
    kind: Literal["words", "target", "fact"] = "words"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an object: what it is called, what it was, what it became."""

    label: str
    before: str
    after: str


def is_redacted(entry: EntryColumns) -> bool:
    """Whether the personal part of an entry was blanked."""
    return entry.salt is None


def who(entry: EntryColumns) -> str:
    """The actor's name."""
    return REDACTED_NAME if is_redacted(entry) else entry.actor_name or KINDS.get(entry.actor_kind, entry.actor_kind)


def parts_of(entry: EntryColumns) -> list[Part]:
    """What the actor did, after the name; an event that nobody declares any more is named."""
    event = runtime().registry.events.get(entry.event)
    if event is None:
        named = [Part(" "), Part(entry.target_label, "target")] if entry.target_label else []
        return [Part(entry.event), *named]
    parts: list[Part] = []
    for words, field, _, _ in Formatter().parse(event.sentence):
        if words:
            parts.append(Part(words))
        if field:
            parts.append(_filled(entry, field))
    return parts


def sentence(entry: EntryColumns) -> str:
    """The whole sentence, with the actor."""
    return f"{who(entry)} {''.join(part.text for part in parts_of(entry))}"


def _filled(entry: EntryColumns, field: str) -> Part:
    if field == "target":
        return Part(entry.target_label or ("something redacted" if is_redacted(entry) else "something"), "target")
    value = entry.facts.get(field)
    return Part("…" if value is None else written(value), "fact")


def changes_in(entry: EntryColumns) -> list[Change]:
    """The fields that changed, in the order of their names."""
    return [
        Change(label(field), written(pair[0]), written(pair[1]))
        for field, pair in sorted(entry.changes.items())
        if isinstance(pair, list) and len(pair) == 2
    ]


def facts_in(entry: EntryColumns) -> list[tuple[str, str]]:
    """What else is known, by label."""
    return [(label(name), written(value)) for name, value in sorted(entry.facts.items())]


def label(name: str) -> str:
    """A field's name as words: ``time_zone`` is “Time zone”."""
    words = name.replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def written(value: Any) -> str:
    """A value for people; nothing for none."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(written(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{label(key)}: {written(item)}" for key, item in value.items())
    return str(value)


def waits(since: datetime) -> str:
    """That entries wait for their seals, since when, and what that means."""
    return f"Entries since {since:%Y-%m-%d %H:%M} UTC still wait for their seals. Does the worker run?"


def events_by_module() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every declared event for a choice: the modules' names and labels, with names and sentences of their events."""
    return [
        (
            feature.module.name,
            feature.module.label,
            [(event.name, _choice(event.sentence)) for event in feature.module.events],
        )
        for feature in sorted(runtime().registry.features, key=lambda feature: feature.module.label)
        if feature.module.events
    ]


def _choice(words: str) -> str:
    """A sentence without a thing it speaks of, its first letter large."""
    plain = "".join(f"{text}{'…' if field else ''}" for text, field, _, _ in Formatter().parse(words))
    return plain[:1].upper() + plain[1:]
