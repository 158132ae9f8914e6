"""What every fault of the dialogue means: certainly not sent, certainly refused, stop, or nobody knows."""

import pytest

from config.mail_accounts import Limits
from notifications.transport import NotPreparedError, Result, SmtpAccount, Transport
from tests.smtp_script import CLOSE, SILENCE, ScriptedServer

BODY = b"Subject: x\r\n\r\n.one dot\r\n..two\r\nend\r\n"
SENT, LATER, NEVER, STOP, UNKNOWN = Result.ACCEPTED, Result.DEFERRED, Result.REFUSED, Result.STOP, Result.UNKNOWN

# Point of the dialogue → fault → what became of the mail. Written by hand.
TABLE = {
    "banner": {"421 busy": LATER, "554 no": LATER, CLOSE: LATER, SILENCE: LATER},
    "EHLO": {CLOSE: LATER, SILENCE: LATER},
    "MAIL": {"451 later": LATER, "452 full": LATER, "421 bye": LATER, "550 no": STOP, "530 login": STOP, "535 bad": STOP, CLOSE: LATER, SILENCE: LATER},
    "RCPT": {"450 grey": LATER, "452 full": LATER, "421 bye": LATER, "550 unknown user": NEVER, "553 bad": NEVER, "501 syntax": STOP, CLOSE: LATER, SILENCE: LATER},
    "DATA": {"451 later": LATER, "421 bye": LATER, "554 spam": NEVER, "503 order": STOP, CLOSE: LATER, SILENCE: LATER},
    "dot": {"250 kept": SENT, "451 later": LATER, "452 full": LATER, "421 bye": LATER, "552 too big": NEVER, "554 spam": NEVER, CLOSE: UNKNOWN, SILENCE: UNKNOWN},
}  # fmt: skip
CELLS = [(point, fault, wanted) for point, row in TABLE.items() for fault, wanted in row.items()]


def account(server, **more):
    return SmtpAccount("127.0.0.1", server.port, "plain", timeout_seconds=0.3, final_seconds=0.3, limits=Limits(**more))


def send(carrier):
    try:
        carrier.prepare("office@university.example", "unit@university.example")
    except NotPreparedError as refused:
        return refused.delivery
    return carrier.deliver(BODY)


@pytest.mark.parametrize(("point", "fault", "wanted"), CELLS, ids=[f"{p}-{f}" for p, f, _ in CELLS])
def test_what_a_fault_means(point, fault, wanted):
    with ScriptedServer({} if (point, fault) == ("dot", "250 kept") else {point: fault}) as server:
        carrier = Transport(account(server))
        delivery = send(carrier)
        carrier.close()
    assert delivery.result == wanted, delivery
    assert bool(server.messages) == (wanted == SENT)


def test_the_bytes_arrive_as_they_were_built():
    with ScriptedServer({}) as server:
        carrier = Transport(account(server))
        assert send(carrier).result == SENT
        carrier.close()
    assert server.messages == [BODY.replace(b"\r\n.", b"\r\n..")], "dots are stuffed on the way, once"


def test_one_connection_carries_so_many_mails_and_no_more():
    with ScriptedServer({}) as server:
        carrier = Transport(account(server, per_connection=2))
        assert [send(carrier).result for _ in range(5)] == [SENT] * 5
        carrier.close()
    assert server.connections == 3


def test_a_refusal_leaves_the_connection_usable():
    with ScriptedServer({"RCPT": "550 unknown user"}) as server:
        carrier = Transport(account(server))
        assert send(carrier).result == NEVER
        server.faults.clear()
        assert send(carrier).result == SENT
        carrier.close()
    assert server.connections == 1


def test_after_a_lost_connection_the_next_mail_gets_a_new_one():
    with ScriptedServer({"dot": CLOSE}) as server:
        carrier = Transport(account(server))
        assert send(carrier).result == UNKNOWN
        server.faults.clear()
        assert send(carrier).result == SENT
        carrier.close()
    assert server.connections == 2


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("smtps://a:b@smtp.university.example", 465, "ssl"),
        ("smtp://a:b@smtp.university.example", 587, "starttls"),
        ("smtp://127.0.0.1:2525", 2525, "plain"),
    ],
)
def test_an_address_says_how_to_connect(url, port, security):
    found = SmtpAccount.from_url(url)
    assert (found.port, found.security) == (port, security)


def test_a_password_is_decoded_and_never_shown():
    found = SmtpAccount.from_url("smtps://office%40university.example:p%40ss@smtp.university.example")
    assert (found.user, found.password) == ("office@university.example", "p@ss")
    assert "p@ss" not in repr(found)


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="smtps://"):
        SmtpAccount.from_url("http://x")
