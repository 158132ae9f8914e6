"""No password over a line that is not what it says: SMTP and IMAP over TLS against servers that pretend."""

import socket
import ssl
import threading

import pytest

from notifications.inbound.account import ImapAccount
from notifications.inbound.imap import MailboxError, opened
from notifications.transport import NotPreparedError, SmtpAccount, Transport
from tests.certificates import certificate

PASSWORD = "kanari"
GREETINGS = {"smtp": b"220 hello\r\n", "imap": b"* OK hello\r\n"}
STRIPPED, OFFERED = b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n", b"250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"
OLD = ssl.TLSVersion.TLSv1_1


class Listener:
    """A mail server that keeps every line it hears; ``context``: TLS from the first byte (``later``: after STARTTLS)."""

    def __init__(self, speaks, context=None, *, later=None, offer=STRIPPED):
        self._speaks, self._context, self._later, self._offer = speaks, context, later, offer
        self.heard = []

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(10)
        self._socket.close()

    def _serve(self):
        peer, _ = self._socket.accept()
        peer.settimeout(0.5)  # a client that was refused does not say good-bye
        try:
            self._talk(self._context.wrap_socket(peer, server_side=True) if self._context else peer)
        except OSError:
            pass
        finally:
            peer.close()

    def _talk(self, peer):
        peer.sendall(GREETINGS[self._speaks])
        lines = peer.makefile("rb")
        while line := lines.readline():
            self.heard.append(line)
            word = line.split()[0].upper() if self._speaks == "smtp" else line.split()[1].upper()
            if word == b"STARTTLS":
                peer.sendall(b"220 go\r\n")
                peer = self._later.wrap_socket(peer, server_side=True)
                lines = peer.makefile("rb")
            elif self._speaks == "smtp":
                peer.sendall(self._offer if word == b"EHLO" else b"535 no\r\n")
            else:
                said = b"* CAPABILITY IMAP4rev1\r\n" if word == b"CAPABILITY" else b""
                peer.sendall(said + line.split()[0] + (b" OK done\r\n" if said or word == b"ID" else b" NO no\r\n"))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return the server's context for an address, old or not; with ``trusted`` the client trusts its certificate."""

    def context(address="127.0.0.1", *, trusted=True, old=False):
        found, public = certificate(tmp_path, address)
        if old:
            found.minimum_version = found.maximum_version = OLD
            found.set_ciphers("ALL:@SECLEVEL=0")
        monkeypatch.setenv("SSL_CERT_FILE", str(public if trusted else tmp_path / "nobody.pem"))
        (tmp_path / "nobody.pem").touch()
        return found

    return context


FAULTS = {"self-signed": {"trusted": False}, "another host": {"address": "127.0.0.2"}, "TLS 1.1": {"old": True}}


def submit(port, security):
    with pytest.raises(NotPreparedError) as refused:
        Transport(SmtpAccount("127.0.0.1", port, security, "office", PASSWORD, timeout_seconds=10)).try_login()
    return refused.value.delivery


@pytest.mark.trust
@pytest.mark.parametrize("security", ["ssl", "starttls"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_smtp_says_no_password_to_a_server_that_is_not_the_one(made, security, fault):
    context = made(**FAULTS[fault])
    with Listener("smtp", context if security == "ssl" else None, later=context, offer=OFFERED) as server:
        assert submit(server.port, security).code is None
    assert not [line for line in server.heard if line.upper().startswith(b"AUTH")]


@pytest.mark.trust
def test_smtp_says_no_password_where_starttls_was_stripped():
    with Listener("smtp") as server:
        submit(server.port, "starttls")
    assert not [line for line in server.heard if line.upper().startswith(b"AUTH")]


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_the_right_server_hears_the_password(made, security):
    """The control: with everything in order the dialogue gets as far as the login, which this server refuses."""
    context = made()
    with Listener(
        "smtp", context if security == "ssl" else None, later=context, offer=OFFERED if security == "starttls" else STRIPPED
    ) as server:
        assert submit(server.port, security).code == 535
    assert [line for line in server.heard if line.upper().startswith(b"AUTH")]


def read(port):
    with pytest.raises(MailboxError) as refused, opened(ImapAccount.from_url(f"imaps://office:{PASSWORD}@127.0.0.1:{port}")):
        pass
    return refused.value


@pytest.mark.trust
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_imap_says_no_password_to_a_server_that_is_not_the_one(made, fault):
    with Listener("imap", made(**FAULTS[fault])) as server:
        assert not read(server.port).login
    assert PASSWORD.encode() not in b"".join(server.heard)


def test_the_right_mailbox_hears_the_password(made):
    with Listener("imap", made()) as server:
        assert read(server.port).login
    assert PASSWORD.encode() in b"".join(server.heard)
