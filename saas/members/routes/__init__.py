"""The pages of people: one file for each part."""

from flask import Blueprint

from saas.members.routes import grants, ownership, people, person, roles, team_changes, team_people, teams

blueprints: tuple[Blueprint, ...] = (people.bp, roles.bp, ownership.bp, teams.bp,)

__all__ = ["blueprints", "grants", "person", "team_changes", "team_people"]
