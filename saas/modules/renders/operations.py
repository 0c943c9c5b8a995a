"""Writes about renders, in the tenant's scope."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_id
from saas.core.jobs import enqueue
from saas.core.milestones import reach
from saas.members.holdings import Holding
from saas.modules.renders import metering
from saas.modules.renders.kinds import KINDS
from saas.modules.renders.models import Render, Status
from saas.modules.renders.module import DELETE, DELETED, FINISHED, FIRST_RENDER, MAKE, ORDERED, PUBLISH, PUBLISHED
from saas.modules.renders.queries import count_renders_of, has_renders
from saas.modules.renders.recording import facts_of, target_of
from saas.modules.renders.simulator import refusal_of, result_of
from saas.tenancy.limits import lock_meter, require_feature
from saas.usage.operations.trying import attempt

RENDER_JOB = "renders.render"
RENDERER = Actor("job", "Renderer")
YOUTUBE = "youtube"


def order_render(kind: str, settings: Mapping[str, object], *, number: UUID | None = None, actor: Actor) -> Render:
    """Order something; work begins with the commit. It is counted now, and given back if nothing comes of it. ``number`` is
    the id that it will have: sent twice, even at once, it is ordered once.

    Raises Invalid, FeatureLocked for a resolution that is not in the plan, LimitReached and BudgetSpent.
    """
    actor.require(MAKE)
    if kind not in KINDS:
        raise Invalid(f"Please choose one of these: {', '.join(KINDS)}.", field="kind")
    if number and (known := _known(number)):
        return known
    render = plan_render(kind, settings, number=number, made_by_id=actor.id if actor.kind == "member" else None)
    if feature := KINDS[kind].feature(render.settings):
        require_feature(feature)
    db.session.add(render)
    record(ORDERED, actor=actor, target=target_of(render), **facts_of(render))
    db.session.flush()
    enqueue(RENDER_JOB, render_id=str(render.id))
    metering.reserve(render, actor=actor)
    db.session.flush()
    return render


def _known(number: UUID) -> Render | None:
    """What was ordered with a number; whoever orders with the same one at the same time waits for this transaction."""
    lock_meter(f"render {number}")
    return db.session.get(Render, number)


def plan_render(
    kind: str, settings: Mapping[str, object], *, number: UUID | None = None, made_by_id: UUID | None
) -> Render:
    """A render of known kind that waits for its turn; raises Invalid. Storing it is up to the caller."""
    about = KINDS[kind]
    clean = about.check(settings)
    return Render(
        id=number or new_id(),
        kind=kind,
        title=about.title(clean),
        status=Status.QUEUED,
        settings=clean,
        result={},
        message="",
        steps=about.steps(clean),
        steps_done=0,
        made_by_id=made_by_id,
        created_at=now(),
    )


def take_step(render_id: UUID) -> None:
    """Take a render's next step and enqueue the one after it; nothing is left to do for one that ended or is gone.

    A step and the job of the next one are one transaction. What fails is given back; it fails also when there is no place
    for it any more.
    """
    render = db.session.get(Render, render_id, with_for_update=True)
    if render is None or render.finished_at:
        return None
    if refusal := refusal_of(render.settings):
        return fail_render(render, refusal)
    render.status, render.steps_done = Status.RUNNING, render.steps_done + 1
    if render.steps_done < render.steps:
        return enqueue(RENDER_JOB, render_id=str(render.id))
    if full := attempt(partial(finish_render, render)):
        fail_render(render, full)
    return None


def finish_render(render: Render) -> None:
    """Say that all of a render's steps are taken and that it is ready. Raises LimitReached when there is no place for it."""
    render.steps_done = render.steps
    first = not has_renders()
    render.result, render.finished_at = result_of(render.kind, render.settings), now()
    _record_end(render, Status.READY)
    if first:
        reach(FIRST_RENDER, by=render.made_by_id)
    db.session.flush()
    metering.store(render, actor=RENDERER)
    db.session.flush()


def fail_render(render: Render, reason: str) -> None:
    """Say that nothing came of a render, and why; what was counted for it is given back."""
    render.message, render.finished_at = reason, now()
    _record_end(render, Status.FAILED)
    db.session.flush()
    metering.release(render, actor=RENDERER)
    db.session.flush()


def _record_end(render: Render, status: Status) -> None:
    changes = {"status": (render.status, status)}
    render.status = status
    record(FINISHED, actor=RENDERER, target=target_of(render), changes=changes, message=render.message)


def publish_film(render: Render, *, actor: Actor) -> None:
    """Publish a film to YouTube, simulated. Raises FeatureLocked, and Conflict for what is no film, not ready or published."""
    actor.require(PUBLISH)
    require_feature(YOUTUBE)
    if render.kind != "film" or render.status != Status.READY:
        raise Conflict("Only films that are ready can be published.")
    if "published_at" in render.result:
        raise Conflict("This film is published already.")
    address = f"https://youtube.example/watch?v={str(render.id)[-11:]}"
    render.result = {**render.result, "published_at": now().isoformat(), "address": address}
    record(PUBLISHED, actor=actor, target=target_of(render), address=address)
    db.session.flush()


def delete_render(render: Render, *, actor: Actor) -> None:
    """Delete a render. Its place is free again; what was counted for work that has not ended yet is given back."""
    actor.require(DELETE)
    record(DELETED, actor=actor, target=target_of(render), **facts_of(render))
    db.session.delete(render)
    db.session.flush()
    metering.free(render, actor=actor)
    if not render.finished_at:
        metering.release(render, actor=actor)


holdings = (Holding("renders.made", "Images, speech and films", count_renders_of, one="Image, speech or film"),)
