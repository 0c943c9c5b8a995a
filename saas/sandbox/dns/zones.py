"""All domains of the world: those that somebody opened and filled, and all others, which exist and are empty."""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from saas.domains.zones import zone_of
from saas.sandbox.dns.entries import PROXIES, Entry, Refused, zone_name

Trouble = Literal["", "servfail", "dnssec", "silent"]
TROUBLES: tuple[Trouble, ...] = ("", "servfail", "dnssec", "silent")
"""What a zone's servers do: answer, fail, answer with broken signatures, say nothing."""
SERVER = "ns1.dns-sandbox.test"
"""The name server of every zone."""
UNREGISTERED = "unregistered"
"""The one top-level domain under which nothing exists."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A domain, its entries, and the trouble that it has."""

    name: str
    entries: tuple[Entry, ...] = ()
    trouble: Trouble = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a type at a name: entries, or one CNAME; ``exists`` says whether the name is there at all."""

    zone: str
    entries: tuple[Entry, ...] = ()
    exists: bool = True
    trouble: Trouble = ""


@dataclass
class Zones:
    """The zones, kept in a file if there is a ``path``. ``hosts`` are names outside all zones, with their addresses."""

    path: Path | None = None
    hosts: Mapping[str, Iterable[str]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock, repr=False)
    _zones: dict[str, Zone] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            self._zones = {one["name"]: _read(one) for one in json.loads(self.path.read_text())}

    def all(self) -> list[Zone]:
        """The zones that somebody opened, by name."""
        with self.lock:
            return sorted(self._zones.values(), key=lambda zone: zone.name)

    def get(self, typed: str) -> Zone:
        """The zone of a name, empty unless somebody filled it; raises Refused."""
        name = zone_name(typed)
        return self._zones.get(name) or Zone(name)

    def open(self, typed: str) -> Zone:
        """The zone of a name, from now on listed; raises Refused."""
        with self.lock:
            return self._keep(self.get(typed))

    def close(self, name: str) -> None:
        """Forget a zone with all its entries."""
        with self.lock:
            self._zones.pop(name, None)
            self._save()

    def add(self, zone: str, name: str, type: str, value: str, *, proxied: bool = False) -> Entry:
        """Enter a record as a provider's form does; the zone is opened if need be. Raises Refused."""
        with self.lock:
            old = self.get(zone)
            made = Entry.typed(old.name, name, type, value, proxied=proxied)
            beside = [one.type for one in old.entries if one.name == made.name]
            if beside and "CNAME" in (type, *beside):
                raise Refused(f"A CNAME can have nothing beside it, and {made.name} has other records.", "type")
            if any((one.name, one.type, one.value) == (made.name, type, value) for one in old.entries):
                raise Refused("This record is there already.", "value")
            self._keep(replace(old, entries=(*old.entries, made)))
            return made

    def remove(self, zone: str, id: str) -> None:
        """Remove a record; nothing happens where it is gone already."""
        with self.lock:
            if old := self._zones.get(zone):
                self._keep(replace(old, entries=tuple(one for one in old.entries if one.id != id)))

    def set_trouble(self, zone: str, trouble: Trouble) -> None:
        """Give a zone trouble, or take it away; the zone is opened if need be."""
        with self.lock:
            self._keep(replace(self.open(zone), trouble=trouble))

    def look(self, name: str, type: str) -> Found:
        """What there is of a type at a name. A CNAME stands for every type, a proxied entry for both kinds of addresses."""
        with self.lock:
            addresses = [Entry(name, _type_of(one), one) for one in self.hosts.get(name, ())]
            zone = self._zone_of(name)
        entries = [*addresses, *_own(zone.name), *zone.entries]
        here = [one for one in entries if one.name == name]
        exists = (bool(here) or any(one.name.endswith(f".{name}") for one in entries)) and not _is_unregistered(name)
        found = [one for one in here if one.type == type] or [one for one in here if one.type == "CNAME"]
        shown = (_proxied(one, type) if one.proxied else one for one in found or here)
        kept = tuple(one for one in shown if one is not None and (one.type in (type, "CNAME")))
        return Found(zone.name, kept if exists else (), exists, zone.trouble)

    def _zone_of(self, name: str) -> Zone:
        """The nearest zone that somebody opened, else the registered domain, which is empty."""
        labels = name.split(".")
        above = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self._zones[one] for one in above if one in self._zones), Zone(zone_of(name)))

    def _keep(self, zone: Zone) -> Zone:
        with self.lock:
            self._zones[zone.name] = zone
            self._save()
            return zone

    def _save(self) -> None:
        """Write everything to the file, if there is one, at once or not at all."""
        if self.path is None:
            return
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(handle, "w") as file:
            json.dump([asdict(zone) for zone in self._zones.values()], file)
        os.replace(name, self.path)


def _own(zone: str) -> list[Entry]:
    """What every zone has without being asked; the server's own address is known everywhere."""
    return [Entry(zone, "NS", SERVER), Entry(zone, "SOA", ""), Entry(SERVER, "A", "127.0.0.1")]


def _proxied(entry: Entry, type: str) -> Entry | None:
    """What everybody sees of a proxied entry: the proxy's addresses, whatever stands behind."""
    return replace(entry, type=type, value=PROXIES[type]) if type in PROXIES else None


def _is_unregistered(name: str) -> bool:
    return name.rpartition(".")[2] == UNREGISTERED


def _type_of(address: str) -> str:
    return "AAAA" if ":" in address else "A"


def _read(stored: Mapping[str, Any]) -> Zone:
    return Zone(stored["name"], tuple(Entry(**one) for one in stored["entries"]), stored["trouble"])
