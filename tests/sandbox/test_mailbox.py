"""The development mailbox: what was sent can be found and read, whatever lies in its folder, and nothing in a mail acts."""

import os
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask

from saas.core.ids import new_id
from saas.core.mail import Mail, Mailbox, compose
from saas.core.runtime import runtime
from saas.core.settings import Settings
from saas.tenancy.scope import platform_work
from tests.support import Browser

Send = Callable[..., str]
HTML = "<!doctype html><html><head><title>x</title></head><body><p>Hello <a href='http://acme.example.test/'>there</a></p></body></html>"


@pytest.fixture
def mail(app: Flask) -> Browser:
    return Browser(app, "mail.example.test")


@pytest.fixture
def send(settings: Settings) -> Send:
    """Put a message into the folder as the worker does; returns its id."""

    def deliver(
        to: str = "ana@acme.example", subject: str = "Welcome", text: str = "Hello Ana", html: str = HTML
    ) -> str:
        id = str(new_id())
        message = compose(Mail(to, subject, text, html), sender="no-reply@example.com", id=id)
        Mailbox(settings.mailbox_dir).send(message)
        return id

    return deliver


@pytest.fixture
def put(settings: Settings) -> Callable[[bytes], str]:
    """Put any bytes into the folder under a proper name; returns the id."""

    def write(content: bytes) -> str:
        id = str(new_id())
        settings.mailbox_dir.mkdir(parents=True, exist_ok=True)
        (settings.mailbox_dir / f"{id}.eml").write_bytes(content)
        return id

    return write


def test_an_empty_mailbox_says_how_to_fill_it(mail: Browser) -> None:
    page = mail.get("/")
    assert page.status_code == 200
    assert "No mail yet" in page.text
    assert "development mailbox" in page.text


def test_mail_that_the_product_sends_arrives_with_the_worker(
    app: Flask, mail: Browser, run_jobs: Callable[[], None]
) -> None:
    with platform_work():
        runtime().postbox.enqueue(Mail("ana@acme.example", "Confirm your address", "Hello", HTML))
    assert "Confirm your address" not in mail.get("/").text
    run_jobs()
    assert "Confirm your address" in mail.get("/").text


def test_the_newest_message_stands_first(mail: Browser, send: Send) -> None:
    send(subject="The first")
    send(subject="The second")
    text = mail.get("/").text
    assert text.index("The second") < text.index("The first")


def test_search_finds_by_address_and_by_subject(mail: Browser, send: Send) -> None:
    send(to="ana@acme.example", subject="Welcome")
    send(to="ben@acme.example", subject="Grüße")
    assert "Grüße" not in mail.get("/?q=ANA@").text
    assert "ana@acme.example" in mail.get("/?q=ANA@").text
    assert "ben@acme.example" in mail.get("/?q=grüsse").text
    assert "Nothing matches" in mail.get("/?q=nobody").text


def test_many_messages_come_in_pages(mail: Browser, send: Send) -> None:
    for number in range(27):
        send(subject=f"Message {number:02}")
    first, second = mail.get("/").text, mail.get("/?page=2").text
    assert "Message 26" in first
    assert "Message 01" not in first
    assert "Message 01" in second
    assert "Message 26" not in second
    assert "Message 00" in mail.get("/?page=999999").text


def test_asking_again_costs_nothing_while_nothing_has_come(mail: Browser, send: Send) -> None:
    id = send()
    poll = f"/?version=1-{id}"
    assert mail.get(poll, headers={"HX-Request": "true"}).status_code == 204
    send(subject="News")
    answer = mail.get(poll, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "News" in answer.text


def test_a_message_shows_its_html_text_and_source(mail: Browser, send: Send) -> None:
    id = send(text="Open http://acme.example.test/verify?a=1&b=2 now")
    assert f'src="/messages/{id}/html"' in mail.get(f"/messages/{id}").text
    assert 'href="http://acme.example.test/verify?a=1&amp;b=2"' in mail.get(f"/messages/{id}?view=text").text
    assert "MIME-Version: 1.0" in mail.get(f"/messages/{id}?view=source").text
    assert mail.get(f"/messages/{id}?view=nothing").status_code == 200


def test_the_html_of_a_message_is_served_where_it_can_do_nothing(mail: Browser, send: Send) -> None:
    id = send(html="<p>Hello<script>alert(1)</script></p>")
    page, part = mail.get(f"/messages/{id}"), mail.get(f"/messages/{id}/html")
    policy = part.headers["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox;" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert part.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "<script>alert" not in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-src" not in mail.get("/").headers["Content-Security-Policy"]


def test_links_of_a_message_open_beside_the_mailbox(mail: Browser, send: Send) -> None:
    with_head, without = send(), send(html="<p>short</p>")
    assert '<head><base target="_blank"><title>' in mail.get(f"/messages/{with_head}/html").text
    assert '<base target="_blank">' in mail.get(f"/messages/{without}/html").text


def test_a_hostile_subject_and_text_are_shown_as_text(mail: Browser, send: Send) -> None:
    id = send(subject="<img src=x onerror=alert(1)>", text="<script>alert(1)</script>")
    for path in ("/", f"/messages/{id}", f"/messages/{id}?view=text", f"/messages/{id}?view=source"):
        text = mail.get(path).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\xff\xfe no mail at all",
        b"Subject: \xff\xfe\nTo: =?utf-8?B?%%%?=\nDate: yesterday\n\n\xff body",
        b"Subject: =?utf-8?b?///?=\nTo: <<<,,;>>>@\nDate: Mon, 99 Foo 2026 99:99:99 +9999\n\nbody",
        b'Content-Type: text/html; charset="klingon"\nContent-Transfer-Encoding: base64\n\n!!!!',
        b'Content-Type: multipart/alternative; boundary="x"\n\n--x\nContent-Type: multipart/mixed; boundary="x"\n\n--x',
        b"Content-Type: text/plain; charset*=x''%ff\n\nbody",
        b"To: \nSubject:\n\tfolded\n" + b"X: y\n" * 5000 + b"\n" + b"long " * 60_000,
    ],
)
def test_a_broken_file_is_listed_and_its_source_can_be_read(
    mail: Browser, put: Callable[[bytes], str], content: bytes
) -> None:
    id = put(content)
    assert f"/messages/{id}" in mail.get("/").text
    for view in ("", "html", "text", "source"):
        assert mail.get(f"/messages/{id}?view={view}").status_code == 200
    assert mail.get(f"/messages/{id}/html").status_code == 200


def test_files_that_are_no_messages_are_left_alone(mail: Browser, send: Send, settings: Settings) -> None:
    send()
    strange = ["notes.eml", ".draft", f"{new_id()}.txt", "..eml"]
    for name in strange:
        (settings.mailbox_dir / name).write_text("Subject: strange\n\n")
    (settings.mailbox_dir / f"{new_id()}.eml").mkdir()
    assert "strange" not in mail.get("/").text
    (next(path for path in settings.mailbox_dir.iterdir() if path.is_dir())).rmdir()
    mail.post("/clear", page="/")
    assert sorted(path.name for path in settings.mailbox_dir.iterdir()) == sorted(strange)


@pytest.mark.parametrize(
    "id",
    [
        "00000000-0000-7000-8000-000000000000",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "0193A5F0-0000-7000-8000-000000000000",
        "-" * 37,
        "a" * 35,
        "%00",
        "0193a5f0-0000-7000-8000-00000000000%0a",
    ],
)
def test_an_id_of_nothing_is_not_found(mail: Browser, send: Send, id: str) -> None:
    known = send()
    assert mail.get(f"/messages/{known}").status_code == 200
    assert mail.get(f"/messages/{id}").status_code == 404
    assert mail.get(f"/messages/{id}/html").status_code == 404


def test_clearing_deletes_all_mail_when_a_page_of_the_mailbox_asks(
    mail: Browser, send: Send, settings: Settings
) -> None:
    send()
    send()
    refused = mail.client.post("/clear", base_url="http://mail.example.test", headers={"Host": mail.host})
    assert refused.status_code == 403
    assert len(list(settings.mailbox_dir.glob("*.eml"))) == 2
    answer = mail.post("/clear", page="/")
    assert answer.status_code == 303
    assert "2 messages deleted." in mail.follow(answer).text
    assert "There was nothing to delete." in mail.follow(mail.post("/clear", page="/")).text


def test_a_message_that_was_cleared_while_its_page_was_open_is_not_found(mail: Browser, send: Send) -> None:
    id = send()
    assert mail.get(f"/messages/{id}").status_code == 200
    mail.post("/clear", page="/")
    assert mail.get(f"/messages/{id}/html").status_code == 404


def test_the_mailbox_answers_on_its_own_host_alone(app: Flask, mail: Browser, send: Send, acme, browse, apex) -> None:
    id = send()
    assert mail.get(f"/messages/{id}").status_code == 200
    assert apex.get(f"/messages/{id}").status_code == 404
    assert browse(acme).get(f"/messages/{id}").status_code == 404


ELSEWHERE = """
from saas import create_app
print(create_app().test_client().get("/", base_url="http://mail.example.test").status_code)
"""


@pytest.mark.parametrize(("mail_url", "answer"), [("mailbox:", "200"), ("smtp://localhost:2525", "404")])
def test_there_is_no_mailbox_where_mail_is_really_sent(
    app: Flask, settings: Settings, mail_url: str, answer: str
) -> None:
    assert settings.database_url is not None
    told = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BASE_DOMAIN": "example.test",
        "MAIL_URL": mail_url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    run = subprocess.run([sys.executable, "-c", ELSEWHERE], env=os.environ | told, capture_output=True, text=True)
    assert run.stdout.split() == [answer], run.stderr


def test_a_message_of_one_part_is_read_too(mail: Browser, put: Callable[[bytes], str]) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = "ana@acme.example", "Plain"
    message.set_content("Only text here")
    id = put(bytes(message))
    assert "Only text here" in mail.get(f"/messages/{id}").text
    assert "No HTML here" in mail.get(f"/messages/{id}?view=html").text
