"""The baseline page: Flask and psycopg without ORM, modules or checks, sending the same statements as the dashboard."""

import os
import pickle
from pathlib import Path
from typing import Any

from flask import Flask, request
from psycopg_pool import ConnectionPool

PAGE = """<!doctype html><html><head><title>{{ host }}</title></head><body><h1>{{ host }}</h1>
{% for rows in results %}<table>{% for row in rows %}<tr>
{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endfor %}
</body></html>"""


def create_bare() -> Flask:
    """The page at every host; ``BARE_RECORD`` names a file with the statements and each host's schema and role."""
    app = Flask(__name__)
    record: dict[str, Any] = pickle.loads(Path(os.environ["BARE_RECORD"]).read_bytes())
    pool = ConnectionPool(
        record["dsn"], min_size=4, max_size=4, kwargs={"autocommit": True, "prepare_threshold": None}, open=True
    )

    template = app.jinja_env.from_string(PAGE)

    @app.get("/")
    def page() -> str:
        begin, cookies = record["hosts"][request.host], request.cookies
        with pool.connection() as connection:
            connection.execute(begin)
            results = [
                connection.execute(sql, _own(values, cookies)).fetchall() for sql, values in record["statements"]
            ]
            connection.execute("ROLLBACK")
        return template.render(host=request.host, results=results)

    return app


def _own(values: Any, cookies: Any) -> Any:
    """The statement's values with the session of whoever asks."""
    if isinstance(values, dict) and "hash" in values:
        from saas.core.crypto import token_hash

        return {**values, "hash": token_hash(cookies["session"])}
    return values


app = create_bare() if "BARE_RECORD" in os.environ else None
