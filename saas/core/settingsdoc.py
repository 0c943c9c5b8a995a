"""The page docs/settings.md, made of the settings themselves."""

from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from saas.core.settings import Settings

SECTIONS = {
    "environment": "Deployment",
    "secret_key": "Secrets",
    "base_domain": "Addresses",
    "database_url": "Database",
    "mail_url": "Mail and files",
    "stripe_secret_key": "Payments",
    "custom_domain_target": "Domains of organisations",
    "certificates": "Certificates of custom domains",
    "default_trial_days": "Organisations and sign-in",
    "log_level": "Logs",
}
"""A heading stands before the setting that begins a section."""

_INTRODUCTION = """\
# Settings

Read once at the start: from the environment, then from `instance/settings.env` (lines `NAME=value`). The value of any setting
can be kept in a file instead, whose path is given as `NAME_FILE`. A wrong value ends the start with a message that lists every
fault. `saas doctor` looks further: at the database, the queue and the disk.

This page is printed by `saas settings`; a test keeps it equal to the code.
"""
_HEAD = "| Setting | Default | Meaning |\n|---|---|---|"


def settings_page() -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION]
    for name, field in Settings.model_fields.items():
        if name in SECTIONS:
            parts.append(f"\n## {SECTIONS[name]}\n\n{_HEAD}\n")
        parts.append(f"| `{name.upper()}` | {_default(field)} | {field.description}{_allowed(field)} |\n")
    return "".join(parts)


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return f"`{secret}`" if secret.endswith(":") else "for development only" if secret else "none"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return f"`{value}`" if value not in (None, "") else "none"


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return f" One of {', '.join(f'`{choice}`' for choice in get_args(field.annotation))}."
    least, most = (_limit(field, side) for side in ("ge", "le"))
    if least is not None and most is not None:
        return f" From {least} to {most}."
    return f" At least {least}." if least is not None else ""


def _limit(field: FieldInfo, side: str) -> Any:
    return next((getattr(rule, side) for rule in field.metadata if getattr(rule, side, None) is not None), None)
