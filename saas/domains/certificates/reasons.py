"""Why there is no certificate: what authorities say, in plain words and with what helps."""

from datetime import timedelta

LIMITED = "Too many certificates were asked for within a short time."
_SENTENCES = {
    "caa": "The CAA records of {host} do not allow {authority} to issue a certificate. Add one that does: 0 issue “{authority}”.",
    "connection": "The certificate authority could not reach {host} on port 80. Check that the domain points to us, and that no"
    " AAAA record leads elsewhere.",
    "dns": "The certificate authority found no address of {host}. Check its CNAME or A record.",
    "dnssec": "The DNSSEC signatures of {host} are broken, so nobody can trust its records. Ask your DNS provider.",
    "incorrectResponse": "Another server than ours answered for {host}. Check that the domain points to us, without a proxy.",
    "rateLimited": LIMITED,
    "rejectedIdentifier": "The certificate authority gives no certificates for {host}.",
    "tls": "The address of {host} leads to https with a broken certificate. Check that the domain points to us, without a proxy.",
    "unauthorized": "Another server than ours answered for {host}. Check that the domain points to us, without a proxy.",
}
_OTHER = "The certificate authority refused, and said “{code}”."
UNREACHABLE = "The certificate authority could not be asked."
UNWRITABLE = "The certificate was made, but could not be stored on our side. That is for us to put right."

LEAST_PAUSE = timedelta(minutes=12)
"""What lies between two failures at least: authorities allow five of a host in an hour."""
_LONGEST_PAUSE = timedelta(hours=12)
_PAUSE_OF_LIMITS = timedelta(hours=6)


def sentence(code: str, *, host: str, authority: str) -> str:
    """A refusal in plain words; ``authority`` is what a CAA record calls it."""
    return _SENTENCES.get(code, _OTHER).format(host=host, authority=authority, code=code or "no reason")


def pause_after(attempts: int, code: str) -> timedelta:
    """How long to wait after so many failures in a row, of which the last had this code: each twice as long as before."""
    doubled = LEAST_PAUSE * (1 << min(attempts - 1, 10))
    pause = min(doubled, _LONGEST_PAUSE)
    return max(pause, _PAUSE_OF_LIMITS) if code == "rateLimited" else pause
