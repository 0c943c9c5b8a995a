"""The pages of people: one file for each part."""

from flask import Blueprint

from saas.members.routes import team_changes, team_people, teams

blueprints: tuple[Blueprint, ...] = (teams.bp,)

__all__ = ["blueprints", "team_changes", "team_people"]
