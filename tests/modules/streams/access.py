"""Streams in the access table: the rows of their endpoints, and how the object in their addresses is made."""

from saas.core.actor import SYSTEM
from saas.modules.streams.operations import Draft, create_stream
from saas.tenancy.scope import tenant_work
from tests.house.objects import Objects, makes

ROWS = """
streams.delete POST streams.delete 303
streams.delete_recording POST streams.delete 303
streams.edit GET streams.edit 200
streams.edit POST streams.edit 422
streams.end POST streams.run 303
streams.export GET streams.view 200
streams.index GET streams.view 200
streams.new GET streams.edit 200
streams.new POST streams.edit 422
streams.show GET streams.view 200
streams.start POST streams.run 303
streams_api.end POST streams.run 409
streams_api.index GET streams.view 200
streams_api.show GET streams.view 200
streams_api.start POST streams.run 200
"""


@makes("stream_id")
def stream(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        return str(create_stream(Draft("Secret show", "Hidden words"), actor=SYSTEM).id)
