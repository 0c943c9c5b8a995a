"""What seals are made of, computed by the database; ``saas.audit.offline`` says how, and computes the same in Python."""

from psycopg import sql

from saas.audit.offline import PERSONAL, PUBLIC

_UTF8 = "sha256(convert_to(json_build_array({})::text, 'UTF8'))"
_MICROSECONDS = "(extract(epoch FROM e.at) * 1000000)::bigint"

COMMITMENT = sql.SQL(_UTF8.format(", ".join(["encode(e.salt, 'hex')", *(f"e.{name}" for name in PERSONAL)])))
"""The commitment to the personal part of an entry ``e``."""

IS_BLANK = sql.SQL(
    "(e.salt IS NULL AND (e.actor_name, e.actor_email, e.impersonator, e.address, e.agent, e.target_label)"
    " = ('', '', '', '', '', '') AND e.changes = '{}' AND e.facts = '{}')"
)
"""Whether nothing personal is left in an entry ``e``."""


def digest(position: sql.Composable, personal: sql.Composable, *, about: bool = False) -> sql.Composed:
    """The digest of an entry ``e`` at a position, with the commitment to its personal part.

    ``about`` is for entries of the operators' log, which also name the tenant they are about.
    """
    fields = ["e.id", _MICROSECONDS, *(f"e.{name}" for name in PUBLIC)]
    return sql.SQL(_UTF8).format(
        sql.SQL(", ").join(
            [
                position,
                *map(sql.SQL, fields),
                sql.SQL("encode({}, 'hex')").format(personal),
                *([sql.SQL("e.tenant_id")] if about else []),
            ]
        )
    )
