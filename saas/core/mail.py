"""Mail: a message is a job in the caller's transaction; the worker hands it to the transport."""

import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from json import dumps, loads
from os import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import css_inline

from saas.core.clock import now
from saas.core.crypto import KeyRing
from saas.core.ids import new_id
from saas.core.jobs import enqueue

MAIL_JOB = "mail.send"
_PURPOSE = "mail"
_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address: a subject of one line, a text and an HTML body; ``sender`` names who writes, if not empty."""

    to: str
    subject: str
    text: str
    html: str
    sender: str = ""


class Transport(Protocol):
    """What carries a message away."""

    def send(self, message: EmailMessage) -> None:
        """Deliver, or raise so that the job is tried again."""


class Postbox:
    """Puts mail into the queue and, in the worker, on its way. Bodies are sealed in the queue: they hold secrets."""

    def __init__(self, *, sender: str, keys: KeyRing, transport: Transport) -> None:
        self.sender, self.keys, self.transport = sender, keys, transport

    def enqueue(self, mail: Mail) -> None:
        """Send with the commit of the present transaction."""
        sealed = self.keys.seal_text(dumps(asdict(mail)), purpose=_PURPOSE)
        enqueue(MAIL_JOB, sealed=sealed, id=str(new_id()))

    def deliver(self, *, sealed: str, id: str) -> None:
        """Hand a queued mail to the transport; the message id is the same at each try."""
        mail = Mail(**loads(self.keys.unseal_text(sealed, purpose=_PURPOSE)))
        self.transport.send(compose(mail, sender=self.sender, id=id))


def compose(mail: Mail, *, sender: str, id: str) -> EmailMessage:
    """The message as it travels, with styles written into the tags."""
    message = EmailMessage()
    message["From"], message["To"] = _named(mail.sender, sender), mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    message.add_alternative(inliner.inline(mail.html), subtype="html")
    return message


def _named(name: str, sender: str) -> str:
    """The platform's address under somebody's name: mail that claimed to come from theirs would not arrive."""
    return formataddr((" ".join(name.split()), parseaddr(sender)[1])) if name else sender


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Keeps mail as files in a folder, for development and tests."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Write the message whole; names sort by time, and a second try replaces the first."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        draft = self.folder / f".{name}"
        draft.write_bytes(bytes(message))
        replace(draft, self.folder / f"{name}.eml")


@dataclass(frozen=True, slots=True)
class Smtp:
    """Delivers through an SMTP server; ``smtps`` from the first byte encrypted, ``smtp`` by STARTTLS (a must with a password)."""

    url: str

    def send(self, message: EmailMessage) -> None:
        """Deliver or raise OSError (smtplib.SMTPException is one); what goes wrong after the server took it is no failure."""
        parts, context = urlsplit(self.url), ssl.create_default_context()
        host = parts.hostname or "localhost"
        server: smtplib.SMTP = (
            smtplib.SMTP_SSL(host, parts.port or 465, timeout=_TIMEOUT, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, parts.port or 587, timeout=_TIMEOUT)
        )
        with closing(server):
            server.ehlo_or_helo_if_needed()
            if parts.scheme != "smtps" and server.has_extn("starttls"):
                server.starttls(context=context)
            elif parts.scheme != "smtps" and parts.username:
                raise smtplib.SMTPNotSupportedError(
                    "The server offers no STARTTLS: the password would travel in the clear."
                )
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
            with suppress(OSError):
                server.quit()


def transport_for(url: str, mailbox: Path) -> Transport:
    """The transport that a MAIL_URL names."""
    return Mailbox(mailbox) if url == "mailbox:" else Smtp(url)
