"""The blueprint of an organisation's billing."""

from flask import Blueprint

bp = Blueprint("billing", __name__, url_prefix="/billing", subdomain="tenant")
