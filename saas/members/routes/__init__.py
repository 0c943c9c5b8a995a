"""The pages of people: one file for each part."""

from flask import Blueprint

blueprints: tuple[Blueprint, ...] = ()
