"""The certificate authority, spoken to in ACME (RFC 8555): each method asks one thing. Knows no database and keeps nothing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from saas.core.errors import first_line
from saas.core.runtime import settings

with suppress(
    ImportError
):  # without the extra `acme` the settings refuse CERTIFICATES=acme, and nothing here is called
    import requests
    from acme import errors, messages
    from acme.challenges import HTTP01
    from acme.client import ClientNetwork, ClientV2
    from josepy.errors import Error as JoseError
    from josepy.jwa import ES256
    from josepy.jwk import JWKEC

SECONDS = 20
"""How long one answer may take."""
_PASSING = ("badNonce", "serverInternal", "orderNotReady")
"""What an authority refuses with that has nothing to do with us."""


class Refused(Exception):
    """The authority said no; ``code`` is ACME's word for why, ``detail`` what it says itself."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Unreachable(Exception):
    """The authority could not be asked, or had a fault of its own: nothing is known."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands there: pending, ready, processing, valid or invalid."""

    url: str
    status: str
    body: Any


@dataclass(frozen=True, slots=True)
class Proof:
    """What the authority wants to find under a token; ``wanted`` until it has been told to look."""

    token: str
    key_authorisation: str
    wanted: bool
    body: Any


def new_key() -> bytes:
    """A fresh P-256 key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Authority:
    """The authority of the setting ACME_DIRECTORY; methods raise Refused or Unreachable. ``url`` is our account's address."""

    def __init__(self, key: bytes, url: str = "") -> None:
        self.key = JWKEC(key=load_pem_private_key(key, password=None))
        self.url = url
        net = ClientNetwork(self.key, alg=ES256, user_agent="saas", timeout=SECONDS)
        net.verify_ssl = str(settings().acme_ca_file or "") or True  # type: ignore[assignment]  # a path, as requests takes it
        with _asking():
            self.client = ClientV2(ClientV2.get_directory(settings().acme_directory, net), net)
        if url:
            net.account = messages.RegistrationResource(uri=url, body=messages.Registration())

    @property
    def name(self) -> str:
        """What CAA records call it."""
        known = self.client.directory.meta.caa_identities if "meta" in self.client.directory.to_partial_json() else ()
        return str(known[0]) if known else str(urlsplit(settings().acme_directory).hostname)

    def register(self) -> Self:
        """Open our account, or find it by its key."""
        wanted = messages.NewRegistration.from_data(email=settings().acme_email, terms_of_service_agreed=True)
        with _asking():
            try:
                account = self.client.new_account(wanted)
            except errors.ConflictError as known:
                account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
        self.client.net.account, self.url = account, str(account.uri)
        return self

    def order(self, host: str) -> Order:
        """Order a certificate; one that was ordered and not finished may come back."""
        wanted = messages.NewOrder(identifiers=[messages.Identifier(typ=messages.IDENTIFIER_FQDN, value=host)])
        with _asking():
            answer = self._ask(self.client.directory["newOrder"], wanted)
            return _order(answer.headers["Location"], answer)

    def look(self, url: str) -> Order:
        """An order as it stands now."""
        with _asking():
            return _order(url, self._ask(url))

    def proof(self, order: Order) -> Proof | None:
        """What is to be shown for an order; None when nothing is any more. Raises Refused where http is not taken as proof."""
        for body in self._open(order):
            challenge = next((one for one in body.challenges if isinstance(one.chall, HTTP01)), None)
            if challenge is None:
                raise Refused("unsupportedChallenge")
            token, shown = challenge.chall.encode("token"), challenge.chall.key_authorization(self.key)
            return Proof(token, shown, challenge.status == messages.STATUS_PENDING, challenge)
        return None

    def ask_to_look(self, proof: Proof) -> None:
        """Say that the proof can be found. Nothing is wrong where it was judged meanwhile: the order then says how."""
        with _asking():
            try:
                self._ask(proof.body.uri, proof.body.chall.response(self.key))
            except messages.Error:
                if self._ask(proof.body.uri).json().get("status") == messages.STATUS_PENDING.name:
                    raise

    def finalise(self, order: Order, host: str, key: bytes) -> None:
        """Ask for the certificate of an order that is ready."""
        private = load_pem_private_key(key, password=None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        request = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(names, critical=False)
        with _asking():
            self._ask(order.body.finalize, messages.CertificateRequest(csr=request.sign(private, SHA256())))

    def chain(self, order: Order) -> bytes:
        """The certificate of a valid order with what leads to the root, as PEM."""
        with _asking():
            return bytes(self._ask(order.body.certificate).content)

    def problem(self, order: Order) -> Refused:
        """Why an order is invalid."""
        said = [order.body.error, *(one.error for body in self._open(order) for one in body.challenges)]
        told = next((error for error in reversed(said) if error), None)
        return _refused(told) if told else Refused("orderExpired")

    def _open(self, order: Order) -> list[Any]:
        """What still stands between us and the certificate, and what failed."""
        with _asking():
            bodies = [messages.Authorization.from_json(self._ask(url).json()) for url in order.body.authorizations]
        return [body for body in bodies if body.status != messages.STATUS_VALID]

    def _ask(self, url: str, payload: Any = None) -> "requests.Response":
        return self.client.net.post(url, payload, new_nonce_url=self.client.directory["newNonce"])


def _order(url: str, answer: "requests.Response") -> Order:
    body = messages.Order.from_json(answer.json())
    return Order(url, str(body.status.name), body)


def _refused(error: "messages.Error") -> Refused:
    return Refused(str(error.typ).rpartition(":")[2], str(error.detail or ""))


@contextmanager
def _asking() -> Iterator[None]:
    """Tell the two kinds of failure apart, whatever the library raises."""
    try:
        yield
    except messages.Error as error:
        refused = _refused(error)
        if refused.code in _PASSING:
            raise Unreachable(first_line(refused)) from None
        raise refused from None
    except (errors.Error, JoseError, requests.RequestException, ValueError, KeyError) as error:
        raise Unreachable(first_line(error)) from error
