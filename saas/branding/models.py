"""Tables of a brand: its versions and its pictures."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from saas.core.clock import now
from saas.core.database import Moment, TenantModel


class BrandVersion(TenantModel):
    """What the brand was from ``created_at`` on; a row never changes, the highest number holds.

    ``identity`` is an ``Identity`` as stored, ``styles`` and ``custom`` are the versions of the two style sheets made of it, which
    are ``css`` and ``custom_css``. ``restores`` is the number of the version that was brought back, if one was.
    """

    __tablename__ = "brand_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    identity: Mapped[dict[str, Any]] = mapped_column(JSONB)
    styles: Mapped[str] = mapped_column(Text, index=True)
    css: Mapped[str] = mapped_column(Text)
    custom: Mapped[str] = mapped_column(Text, default="", index=True)
    custom_css: Mapped[str] = mapped_column(Text, default="")
    restores: Mapped[int | None]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class BrandPicture(TenantModel):
    """A picture that was uploaded; its files lie in the organisation's storage below ``brand/<id>``.

    ``id`` is a hash of the content and of what it is for, ``width`` and ``height`` (pixels) are those of the original,
    ``colours`` are hex colours with the share of the picture that they fill.
    """

    __tablename__ = "brand_pictures"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    width: Mapped[int]
    height: Mapped[int]
    colours: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
