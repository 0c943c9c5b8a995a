"""The blueprint of billing's pages."""

from flask import Blueprint

bp = Blueprint("billing", __name__, subdomain="tenant", url_prefix="/billing")
