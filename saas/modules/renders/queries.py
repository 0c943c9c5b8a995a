"""Reads about renders, in the tenant's scope."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from saas.core.database import db
from saas.core.errors import NotFound
from saas.modules.renders.kinds import KINDS
from saas.modules.renders.models import Render, Status

SORTABLE = {"title": func.lower(Render.title), "created": Render.created_at, "size": Render.size_gb}
"""What the gallery can be ordered by, under the names that addresses use."""


def find_renders(*, q: str = "", kind: str = "") -> Select[Render]:
    """Renders whose title holds a text; an unknown kind counts as none."""
    query = select(Render)
    if q:
        query = query.where(Render.title.icontains(q, autoescape=True))
    return query.where(Render.kind == kind) if kind in KINDS else query


def get_render(render_id: UUID, *, to_change: bool = False) -> Render:
    """A render with whoever ordered it; locked, without that, when it is about to change. Raises NotFound."""
    query = select(Render).where(Render.id == render_id)
    query = query.with_for_update() if to_change else query.options(joinedload(Render.made_by))
    render = db.session.scalars(query).one_or_none()
    if render is None:
        raise NotFound
    return render


def get_drawing(render_id: UUID, image: int) -> Render:
    """A render that is ready and has a picture of this number: images have as many as were ordered, the others one each.

    Raises NotFound.
    """
    render = get_render(render_id)
    pictures = render.amount if render.kind == "image" else 1
    if render.status != Status.READY or image >= pictures:
        raise NotFound
    return render


def list_latest(number: int) -> list[Render]:
    """The newest that are ready."""
    query = select(Render).where(Render.status == Status.READY).order_by(Render.created_at.desc(), Render.id.desc())
    return list(db.session.scalars(query.limit(number)))


_ONE_READY = select(Render.__table__.c.id).where(Render.__table__.c.status == Status.READY).limit(1)


def has_renders() -> bool:
    """Whether anything has ever been made here and is still there."""
    return db.session.execute(_ONE_READY).first() is not None


def count_at_work() -> int:
    """How many renders wait for their turn or are worked on."""
    at_work = Render.status.in_((Status.QUEUED, Status.RUNNING))
    return db.session.scalar(select(func.count()).where(at_work)) or 0


def count_renders_of(user_id: UUID) -> int:
    """How many renders somebody has ordered."""
    return db.session.scalar(select(func.count()).select_from(Render).where(Render.made_by_id == user_id)) or 0
