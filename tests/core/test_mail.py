"""The transport: what is said to a mail server, and what is never said to one that cannot keep a secret."""

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from smtplib import SMTPException, SMTPNotSupportedError

import pytest

from saas.core.mail import Mail, Smtp, compose


class _Talk(socketserver.StreamRequestHandler):
    """Speaks enough SMTP for one message."""

    server: "MailServer"

    def handle(self) -> None:
        """Answer line by line and keep what was said."""
        self._say("220 mail.example.com")
        while line := self.rfile.readline().decode("latin-1").strip():
            self.server.said.append(line)
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                for offer in self.server.offers:
                    self._say(f"250-{offer}")
                self._say("250 HELP")
            elif verb == "DATA":
                self._say("354 go on")
                self._take()
            elif verb == "STARTTLS":
                self._say("220 go on")
                return
            elif verb == "QUIT":
                self._say(self.server.parting)
            else:
                self._say("250 ok")

    def _take(self) -> None:
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            self.server.data += line
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server on the loopback without encryption."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.said: list[str] = []
        self.offers = ["AUTH PLAIN LOGIN"]
        self.parting = "221 bye"
        self.data = b""

    def url(self, credentials: str = "") -> str:
        """The address a MAIL_URL would give."""
        return f"smtp://{credentials}127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that listens."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


MAIL = Mail("ana@example.com", "Hello\n there", "Hello", "<style>p{color:red}</style><p>Hello</p>")
MESSAGE = compose(MAIL, sender="Keystone <no-reply@example.com>", id="123")


def test_a_message_bears_the_id_of_its_job_at_the_senders_domain() -> None:
    for sender in ("Keystone <no-reply@example.com>", "no-reply@example.com"):
        assert compose(MAIL, sender=sender, id="123")["Message-ID"] == "<123@example.com>"


def test_a_server_that_asks_for_no_password_gets_the_message(server: MailServer) -> None:
    Smtp(server.url()).send(MESSAGE)
    received = message_from_bytes(server.data, policy=policy.default)
    assert (received["To"], received["Subject"]) == ("ana@example.com", "Hello there")
    assert not any(line.startswith("AUTH") for line in server.said)


def test_a_message_that_was_taken_is_sent_whatever_is_said_at_parting(server: MailServer) -> None:
    server.parting = "421 too busy to say goodbye"
    Smtp(server.url()).send(MESSAGE)
    assert server.data


@pytest.mark.parametrize("scheme", ["smtp", "stmp"])
def test_a_password_is_never_said_in_the_clear(server: MailServer, scheme: str) -> None:
    with pytest.raises(SMTPNotSupportedError, match="no STARTTLS"):
        Smtp(server.url("user:hunter2@").replace("smtp", scheme, 1)).send(MESSAGE)
    assert not [line for line in server.said if line.startswith(("AUTH", "MAIL", "DATA"))]


def test_encryption_that_is_offered_is_taken_or_nothing_is_sent(server: MailServer) -> None:
    server.offers.append("STARTTLS")
    with pytest.raises((OSError, SMTPException)):
        Smtp(server.url("user:hunter2@")).send(MESSAGE)
    assert [line.partition(" ")[0] for line in server.said] == ["ehlo", "STARTTLS"]
    assert server.data == b""
