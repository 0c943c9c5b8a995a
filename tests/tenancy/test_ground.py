"""The ground floor: names of logins, identifiers, mail on its way, words on a terminal."""

import socketserver
from collections.abc import Iterator
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.core.console import facts, table
from saas.core.ids import new_id, short_id
from saas.core.logins import Login, credentials_of, derived_url, plain_url, role_prefix_of
from saas.core.mail import Mail, Smtp, compose


class TestLogins:
    @pytest.mark.parametrize("name", ["saas", "saas_2", "a" * 31])
    def test_a_plain_name_of_a_database_is_the_prefix(self, name):
        assert role_prefix_of(f"postgresql://u:p@h/{name}") == name

    @pytest.mark.parametrize(
        ("one", "other"),
        [("My-DB", "my_db"), ("my-db", "my_db"), ("a" * 40, "a" * 41), ("Ünder", "ünder"), ("1a", "a"), ("pg_x", "x")],
    )
    def test_two_databases_never_share_one_prefix(self, one, other):
        assert role_prefix_of(f"postgresql:///{one}") != role_prefix_of(f"postgresql:///{other}")

    @given(
        st.text(min_size=1, max_size=60).filter(lambda name: "/" not in name and "?" not in name and "#" not in name)
    )
    def test_every_prefix_is_fit_for_a_role(self, name):
        prefix = role_prefix_of(f"postgresql:///{name}")
        assert len(prefix) <= 31
        assert prefix[0].isascii()
        assert not prefix.startswith("pg_")

    def test_the_other_logins_follow_from_the_owners_address(self):
        url = derived_url("postgresql://owner:secret@db:5433/saas?sslmode=require", "saas", Login.APP, "key")
        user, password = credentials_of(url)
        assert (user, len(password)) == ("saas_app", 64)
        assert "secret" not in url
        assert url.endswith("@db:5433/saas?sslmode=require")
        assert derived_url(url, "saas", Login.APP, "other key") != url

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_every_spelling_of_the_scheme_is_understood(self, scheme):
        assert plain_url(f"{scheme}://u:p@h/d") == "postgresql://u:p@h/d"


class TestIdentifiers:
    def test_ids_are_sorted_by_the_time_of_their_making(self):
        made = [new_id() for _ in range(200)]
        assert made == sorted(made)
        assert {one.version for one in made} == {7}

    def test_short_ones_are_fit_for_a_schema(self):
        made = {short_id() for _ in range(1000)}
        assert len(made) == 1000
        assert all(one.isascii() and one.isalnum() and one == one.lower() for one in made)


class _Speaker(socketserver.StreamRequestHandler):
    """A mail server that offers STARTTLS or not and writes down what it is told."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line.split()[0].upper().decode()
            self.server.heard.append(word)
            if word == "EHLO":
                offers = [b"AUTH PLAIN", *([b"STARTTLS"] if self.server.encrypts else [])]
                self.wfile.write(b"".join(b"250-%s\r\n" % offer for offer in offers) + b"250 OK\r\n")
            elif word == "DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline().strip() != b".":
                    pass
                self.wfile.write(b"250 OK\r\n")
            elif word == "STARTTLS":
                self.wfile.write(b"220 go on\r\n")
                return
            else:
                self.wfile.write(b"221 bye\r\n" if word == "QUIT" else b"250 OK\r\n")


class TestSmtp:
    @pytest.fixture
    def server(self) -> Iterator[socketserver.TCPServer]:
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Speaker) as server:
            server.heard, server.encrypts = [], False
            Thread(target=server.serve_forever, daemon=True).start()
            yield server
            server.shutdown()

    def send(self, server, credentials: str = "") -> None:
        mail = Mail(to="ada@example.com", subject="Hello", text="Hello", html="<p>Hello</p>")
        url = f"smtp://{credentials}127.0.0.1:{server.server_address[1]}"
        Smtp(url).send(compose(mail, sender="no-reply@example.com", id="1"))

    def test_encryption_is_asked_for_when_it_is_offered(self, server):
        server.encrypts = True
        with pytest.raises(OSError):  # the stand-in cannot go on from there
            self.send(server, "user:secret@")
        assert "STARTTLS" in server.heard
        assert not {"AUTH", "MAIL", "DATA"} & set(server.heard)

    def test_a_password_never_travels_in_the_clear(self, server):
        with pytest.raises(Exception, match="STARTTLS"):
            self.send(server, "user:secret@")
        assert not {"AUTH", "MAIL", "DATA"} & set(server.heard)

    def test_without_a_password_a_plain_server_will_do(self, server):
        self.send(server)
        assert {"MAIL", "RCPT", "DATA"} <= set(server.heard)


def test_tables_are_aligned():
    text = table(("A", "LONG"), [("x", 1), ("longer", 22)])
    assert [line.rstrip() for line in text.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()] == [
        "A       LONG",
        "x       1",
        "longer  22",
    ]
    assert facts([("a", 1), ("long", 2)]) == "a     1\nlong  2"
