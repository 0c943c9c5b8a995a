"""A log of a million entries over a year, written by SQL: 120 people, 240 events, words that everybody and that nobody uses.

What only occurs long ago: the address ``oldcorp``, in the first two fifths of the entries.
"""

from psycopg import sql

from saas.core.audit import WORDS
from saas.tenancy.provisioning import owner_connection
from tests.cast import Organisation

_FILL = sql.SQL("""
    INSERT INTO {entries} (id, at, event, actor_kind, actor_id, actor_name, actor_email, impersonator, address, agent,
        request_id, target_kind, target_id, target_label, changes, facts, salt)
    SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid,
        to_timestamp(ms / 1000.0),
        (ARRAY['members','teams','keys','workflows','accounts','organisations','audit','billing'])[1 + a % 8] || '.'
            || (ARRAY['member','role','session','key','run','step'])[1 + b % 6] || '.'
            || (ARRAY['created','changed','deleted','invited','opened'])[1 + b % 5],
        'member', ('00000000-0000-7000-8000-' || lpad(to_hex(a % 120), 12, '0'))::uuid,
        'Person' || (a % 120) || ' ' || (ARRAY['Lovelace','Hopper','Turing','Curie','Noether'])[1 + a % 5],
        'person' || (a % 120) || '@' || CASE WHEN i < {rows} * 0.4 THEN 'oldcorp' ELSE 'newcorp' END || '.example.com',
        CASE WHEN b % 997 = 0 THEN 'Olga' ELSE '' END,
        '10.' || (a % 3) || '.' || (b % 20) || '.' || (i % 250),
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
        substr(h, 1, 16), 'member', substr(md5((b % 20000)::text), 1, 8) || '-0000-7000-8000-000000000000',
        'Target ' || (b % 20000) || ' ' || (ARRAY['alpha','beta','gamma','delta'])[1 + b % 4],
        jsonb_build_object('name', jsonb_build_array('before ' || (b % 500), 'after ' || (b % 700)),
            'role', jsonb_build_array('member', 'admin')),
        jsonb_build_object('count', i % 50, 'reason', 'because of ticket ' || i), decode(md5(i::text), 'hex')
    FROM (
        SELECT i, md5(i || 'x') AS h, (random() * 1e6)::int AS a, (random() * 1e6)::int AS b,
            (extract(epoch FROM now()) * 1000)::bigint - ({rows} - i + 1) * ({days} * 86400000::bigint / {rows}) AS ms
        FROM generate_series(1, {rows}) AS i
    ) AS made
""")


def fill(organisation: Organisation, rows: int, *, days: int = 365) -> None:
    """Write so many entries; the index is made afterwards, which is what it would be in the end."""
    entries = sql.Identifier(organisation.schema_name, "audit_entries")
    with owner_connection() as connection:
        index = sql.Identifier(organisation.schema_name, "ix_audit_entries_words")
        connection.execute("SET maintenance_work_mem TO '256MB'")
        connection.execute(sql.SQL("DROP INDEX {}").format(index))
        connection.execute(_FILL.format(entries=entries, rows=sql.Literal(rows), days=sql.Literal(days)))
        made = sql.SQL(
            f"CREATE INDEX ix_audit_entries_words ON {{}} USING gin (({WORDS})) WITH (gin_pending_list_limit = 64)"
        )
        connection.execute(made.format(entries))
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(entries))
