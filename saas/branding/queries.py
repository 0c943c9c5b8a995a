"""Reads of an organisation's brand."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import defer

from saas.branding.identity import Identity
from saas.branding.models import BrandPicture, BrandVersion
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.scope import current_tenant_id
from saas.tenancy.standing import lock_standing

ID = re.compile(r"[0-9a-f]{16}")
"""How versions of style sheets and pictures are called."""

REMEMBERED = 8_000_000
"""So many characters of style sheets a process remembers, those that were asked for last."""


def get_identity(*, lock: bool = False) -> tuple[Identity, int]:
    """The identity that holds, with the number of its version; before the first one the platform's and 0.

    With ``lock`` nobody publishes another before this transaction ends: for whoever changes a part of it.
    """
    if lock:
        lock_standing()
    version = get_version()
    return (Identity.plain(), 0) if version is None else (Identity.read(version.identity), version.number)


def get_version(number: int | None = None) -> BrandVersion | None:
    """A version by its number; the one that holds without."""
    query = select(BrandVersion).order_by(BrandVersion.number.desc()).limit(1)
    return db.session.scalar(query if number is None else query.where(BrandVersion.number == number))


def get_former(number: int) -> Identity | None:
    """The identity of a version, 0 for none yet; None for one that was forgotten or never was."""
    version = get_version(number)
    return Identity.read(version.identity) if version else Identity.plain() if number == 0 else None


SORTABLE = {"number": BrandVersion.number, "at": BrandVersion.created_at, "author": BrandVersion.author_name}
"""What lists of versions can be sorted by."""


def list_before(numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The identity that each of these versions took the place of; nothing for the first one."""
    wanted = [number - 1 for number in numbers]
    query = select(BrandVersion.number, BrandVersion.identity).where(BrandVersion.number.in_(wanted))
    return {number + 1: identity for number, identity in db.session.execute(query)}


def find_versions() -> Select[Any]:
    """All versions, for a list; their style sheets are left where they are."""
    return select(BrandVersion).options(defer(BrandVersion.css), defer(BrandVersion.custom_css))


def get_pictures(ids: Sequence[str]) -> dict[str, BrandPicture]:
    """Pictures by id; those that are not there are left out."""
    wanted = [one for one in ids if ID.fullmatch(one)]
    if not wanted:
        return {}
    found = db.session.scalars(select(BrandPicture).where(BrandPicture.id.in_(wanted)))
    return {picture.id: picture for picture in found}


class _Sheets:
    """Style sheets by organisation, kind and version: they never change."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[UUID, str, str], str] = OrderedDict()
        self._size, self._lock = 0, Lock()

    def get(self, key: tuple[UUID, str, str]) -> str | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def put(self, key: tuple[UUID, str, str], sheet: str) -> None:
        with self._lock:
            self._size += len(sheet) - len(self._known.pop(key, ""))
            self._known[key] = sheet
            while self._size > REMEMBERED:
                self._size -= len(self._known.popitem(last=False)[1])


_sheets = _Sheets()


def get_sheet(version: str, *, custom: bool = False) -> str:
    """A style sheet of the organisation, of now or of before, by its version; raises NotFound. A process asks once for those that
    are in use."""
    if not ID.fullmatch(version):
        raise NotFound
    key = current_tenant_id(), "custom" if custom else "styles", version
    known = _sheets.get(key)
    if known is None:
        known = _read_sheet(version, custom=custom)
        _sheets.put(key, known)
    return known


def _read_sheet(version: str, *, custom: bool) -> str:
    text, column = (BrandVersion.custom_css, BrandVersion.custom) if custom else (BrandVersion.css, BrandVersion.styles)
    found = db.session.scalar(select(text).where(column == version).limit(1))
    if found is None:
        raise NotFound
    return found
