"""``python -m saas.sandbox.dns``: the same as ``saas sandbox dns``, without what other commands need."""

from saas.sandbox.dns.cli import dns

if __name__ == "__main__":
    dns(prog_name="saas sandbox dns")
