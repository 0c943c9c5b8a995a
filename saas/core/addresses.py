"""E-mail addresses: one canonical form, so that no two spellings are two accounts and no look-alike is one."""

import re

import idna

from saas.core.errors import Invalid

_LOCAL = re.compile(r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LABEL = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)\Z")


def canonical_email(text: str, *, field: str = "email") -> str:
    """Lower-cased, ASCII local part, domain as A-labels of IDNA 2008; raises Invalid. Never compare addresses in another form."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL.match(local) or len(local) > 64:
        raise Invalid("Please enter an e-mail address such as ana@example.com.", field=field)
    try:
        ascii_domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        raise Invalid("The part after the @ is not a domain name.", field=field) from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or len(ascii_domain) > 253 or not all(_LABEL.match(label) for label in labels):
        raise Invalid("The part after the @ is not a domain name.", field=field)
    if labels[-1].isdigit():  # what ends so is an IP address
        raise Invalid("The part after the @ is not a domain name.", field=field)
    return f"{local.lower()}@{ascii_domain}"
