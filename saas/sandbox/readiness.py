"""Waiting for a program on this machine to answer."""

import http.client
import socket
import threading
from urllib.parse import urlsplit

PAUSE = 0.1
"""Seconds between two tries."""


def answers(url: str) -> bool:
    """Whether a GET of the loopback `url` (plain http, no proxy) is answered with a status below 500."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=5)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for_answer(url: str, given_up: threading.Event) -> bool:
    """True when `url` answers, False when `given_up` is set first."""
    while not given_up.is_set():
        if answers(url):
            return True
        given_up.wait(PAUSE)
    return False


def port_is_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether another program listens on `port` already, so that a new one would fail there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
