"""Logins and databases on the embedded server."""

import psycopg
from psycopg import sql

from .server import Server

OWNER = "saas"


def ensure_database(server: Server, name: str, owner: str = OWNER) -> str:
    """The URL of database `name` as its owner; login and database are made when missing.

    The owner is no superuser: it may log in, make databases and roles. Several processes may ask at once.
    """
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('ensure_database'))")
        _ensure_login(connection, server, owner)
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
    return server.dsn(name, owner)


def _ensure_login(connection: psycopg.Connection, server: Server, owner: str) -> None:
    known = server.passwords.get(owner) is not None
    exists = _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", owner)
    if known and exists:
        return
    verb = "ALTER" if exists else "CREATE"
    statement = sql.SQL("{} ROLE {} LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD {}")
    password = server.passwords.make(owner)
    connection.execute(statement.format(sql.SQL(verb), sql.Identifier(owner), sql.Literal(password)))


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None
