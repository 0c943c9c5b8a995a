"""Renders in the access table: the rows of their endpoints, and how the objects in their addresses are made."""

from uuid import UUID

from saas.core.actor import SYSTEM
from saas.modules.renders.operations import order_render, take_step
from saas.tenancy.scope import tenant_work
from tests.house.objects import Objects, makes

ROWS = """
renders.delete POST renders.delete 303
renders.drawing GET renders.view 200
renders.estimate POST renders.make 200
renders.export GET renders.view 200
renders.index GET renders.view 200
renders.new_film GET renders.make 200
renders.new_film POST renders.make 422
renders.new_image GET renders.make 200
renders.new_image POST renders.make 422
renders.new_speech GET renders.make 200
renders.new_speech POST renders.make 422
renders.publish POST renders.publish 303
renders.show GET renders.view 200
renders_api.index GET renders.view 200
renders_api.order POST renders.make 422
renders_api.show GET renders.view 200
"""


@makes("render_id")
def render(objects: Objects) -> str:
    """One image that is ready."""
    settings = {"prompt": "Secret vault, hidden", "size": "square", "number": 1}
    with tenant_work(objects.organisation):
        number = order_render("image", settings, actor=SYSTEM).id
        take_step(UUID(str(number)))
    return str(number)


@makes("image")
def image(_objects: Objects) -> str:
    return "0"
