"""The pages of people: one file for each part."""

from flask import Blueprint

from saas.members.routes import (
    acceptance,
    domains,
    grants,
    invitations,
    joining,
    ownership,
    people,
    person,
    requests,
    roles,
    team_changes,
    team_people,
    teams,
)

blueprints: tuple[Blueprint, ...] = (
    *(people.bp, roles.bp, ownership.bp, teams.bp),
    *(invitations.bp, acceptance.bp, joining.bp, domains.bp),
)

__all__ = ["blueprints", "grants", "person", "requests", "team_changes", "team_people"]
