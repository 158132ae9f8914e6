"""`creation doctor` on the mail: account, stuck and unknown mails, open tasks; each fault is found, and quiet without it."""

import socket
import ssl
import threading
from datetime import timedelta

import pytest

from config.clock import now
from config.settings import Settings
from config.vocabulary import MailClass, MailKind, MailState, TaskKind
from flows.operate.doctor import post
from models.store import reading, transaction
from models.tables import Mail, Task
from notifications.catcher import Catcher, free_port
from tests.certificates import certificate
from tests.flows.test_doctor import FAIL, OK, TODAY, WARN, level
from tests.smtp_script import SILENCE, ScriptedServer


def mail(state, **more):
    given = {
        "key": f"k{state}", "message_id": f"<{state}@university.example>", "kind": MailKind.RECEIPT, "mail_class": MailClass.FYI,
        "mailbox": "a@university.example", "send_on": TODAY, "not_before": now(), "state": state,
    }  # fmt: skip
    return Mail(**given, **more)


@pytest.mark.parametrize("state", [MailState.LEASED, MailState.SENDING])
def test_mails_held_past_their_lease(empty, state):
    instant = now()
    with transaction(empty) as session:
        session.add(mail(state, lease_owner="x", lease_until=instant))
    with reading(empty) as session:
        assert level(post.stuck(session, instant - timedelta(seconds=1))) == OK, "a lease that holds is work in progress"
        assert level(post.stuck(session, instant)) == WARN


def test_mails_of_unknown_outcome(empty):
    with transaction(empty) as session:
        session.add(mail(MailState.SENT))
    with reading(empty) as session:
        assert level(post.unknown(session)) == OK
    with transaction(empty) as session:
        session.add(mail(MailState.UNKNOWN))
    with reading(empty) as session:
        assert level(post.unknown(session)) == WARN


def test_open_tasks(empty):
    with transaction(empty) as session:
        session.add(Task(key="done", kind=TaskKind.TELEPHONE, text="已办", opened_on=TODAY, done_on=TODAY))
    with reading(empty) as session:
        assert level(post.tasks(session)) == OK
    with transaction(empty) as session:
        session.add(Task(key="open", kind=TaskKind.TELEPHONE, text="请电话联系", opened_on=TODAY))
    with reading(empty) as session:
        found = post.tasks(session)
    assert (level(found), "1 项" in found.found) == (WARN, True)


def test_without_an_account_the_local_mailbox_is_told():
    assert level(post.account(Settings())) == OK
    assert level(post.account(Settings(smtp_url="mail.university.example"))) == FAIL


def test_an_account_is_tried_and_nothing_is_sent(tmp_path):
    catcher = Catcher(tmp_path).start()
    assert level(post.account(Settings(smtp_url=catcher.smtp_url))) == OK
    catcher.stop()
    assert level(post.account(Settings(smtp_url=f"smtp://127.0.0.1:{free_port()}"))) == FAIL
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", ["421 busy", "554 no"])
def test_a_server_that_will_not_have_us(fault):
    with ScriptedServer({"banner": fault}) as server:
        assert level(post.account(Settings(smtp_url=f"smtp://127.0.0.1:{server.port}"))) == FAIL


def test_a_wrong_password_is_told_as_such_and_not_shown():
    with ScriptedServer({"EHLO": "250-hello\r\n250 AUTH PLAIN", "AUTH": "535 authentication failed"}) as server:
        found = post.account(Settings(smtp_url=f"smtp://office:secret@127.0.0.1:{server.port}"))
    assert level(found) == FAIL
    assert "授权码" in found.todo
    assert "secret" not in str(found)


def test_an_unverified_certificate_is_refused(tmp_path):
    context, _ = certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            peer, _ = listener.accept()
            with peer:
                try:
                    context.wrap_socket(peer, server_side=True).sendall(b"220 hello\r\n")
                except ssl.SSLError:
                    return

        serving = threading.Thread(target=answer)
        serving.start()
        found = post.account(Settings(smtp_url=f"smtps://office:secret@127.0.0.1:{listener.getsockname()[1]}"))
        serving.join(10)
    assert (level(found), "CERTIFICATE_VERIFY_FAILED" in found.found) == (FAIL, True)


def test_silence_is_a_fault_too():
    with ScriptedServer({"banner": SILENCE}) as server:
        post_account = post.SmtpAccount("127.0.0.1", server.port, "plain", timeout_seconds=0.3)
        with pytest.raises(post.NotPreparedError):
            post.Transport(post_account).try_login()
