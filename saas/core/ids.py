"""Identifiers: time-ordered uuids for rows, unguessable text for secrets."""

import secrets
from datetime import datetime
from uuid import UUID

import uuid_utils

from saas.core.clock import is_moved, now

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_id() -> UUID:
    """A version 7 uuid: unique, and sorted by the time of its making (``clock.ago`` moves that too)."""
    made = uuid_utils.uuid7().int
    return UUID(int=id_at(now()).int | made % (1 << 80) if is_moved() else made)


def new_ids(number: int) -> list[UUID]:
    """So many ids at once, each later than the one before."""
    if is_moved():
        return [new_id() for _ in range(number)]
    return [UUID(int=uuid_utils.uuid7().int) for _ in range(number)]


def id_at(moment: datetime) -> UUID:
    """The least id that can be made at a moment: those made before are less, later ones are not."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def short_id(length: int = 12) -> str:
    """Random lower-case letters and digits without look-alikes, 5 bits each: 12 of them hold 60 bits."""
    return "".join([_ALPHABET[byte % 32] for byte in secrets.token_bytes(length)])


def new_token() -> str:
    """A secret of 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)
