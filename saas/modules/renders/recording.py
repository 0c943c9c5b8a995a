"""Renders as the audit log tells of them."""

from typing import Any

from saas.core.audit import Target
from saas.modules.renders.kinds import KINDS
from saas.modules.renders.models import Render


def target_of(render: Render) -> Target:
    """A render to which something is done."""
    return Target("render", render.id, f"{KINDS[render.kind].label}: {render.title}")


def facts_of(render: Render) -> dict[str, Any]:
    """What was ordered, without what was said to the model: that may be long, and stands with the render."""
    settings = {name: value for name, value in render.settings.items() if name not in ("prompt", "text", "title")}
    return {"kind": render.kind, "amount": render.amount, **settings}
