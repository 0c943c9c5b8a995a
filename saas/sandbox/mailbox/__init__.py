"""The development mailbox: shows at mail.<base domain> what MAIL_URL=mailbox: kept instead of sending it."""

from saas.sandbox.mailbox.routes import bp

__all__ = ["bp"]
