"""Reading a real mailbox: Debian's Dovecot, real TLS, and servers that misbehave."""

import socket
from datetime import timedelta
from threading import Thread

import pytest
from pydantic import SecretStr

from config import clock
from config.settings import Settings
from config.vocabulary import InboundKind, TaskKind
from flows.operate.doctor import post
from flows.operate.doctor.finding import Level
from flows.steps.replies import ReplyReading
from models.tables import Inbound, InboundPlace, Task
from notifications.inbound.account import ImapAccount
from notifications.inbound.imap import LOOK_BACK, MailboxError, opened
from notifications.inbound.rounds import look_round, read_round
from notifications.inbound.taking import take
from tests.notifications.dovecot import PASSWORD, USER, Dovecot, required_or_skip
from tests.notifications.letters_in import PDF, reply, sample
from tests.notifications.posted import posted, rows

pytestmark = pytest.mark.xdist_group("dovecot")


@pytest.fixture(scope="module")
def dovecot():
    required_or_skip()
    server = Dovecot()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def mailbox(dovecot):
    dovecot.clear()
    return dovecot


def given(url, **more):
    return Settings(imap_url=SecretStr(url), **more)


def test_what_is_ours_is_taken_once_and_marked_and_the_rest_is_left_alone(office, data, mailbox):
    mailbox.put(
        reply(("a.pdf", PDF), message_id=posted(office)), sample("newsletter"), sample("postfix_failed", posted(office, "reminder:b"))
    )
    done = read_round(office, given(mailbox.url()))
    assert [one.kind for one in done.taken] == [InboundKind.REPLY, InboundKind.OTHER, InboundKind.BOUNCE]
    assert [*mailbox.seen().values()] == [True, False, True]
    assert {row.kind for row in rows(office, Task)} == {TaskKind.RECORD_HAND_IN, TaskKind.WRONG_ADDRESS}
    assert read_round(office, given(mailbox.url())).taken == []


def test_a_reply_that_a_colleague_has_opened_already_is_taken_all_the_same(office, data, mailbox):
    mailbox.put(reply(message_id=posted(office)), seen=True)
    assert len(read_round(office, given(mailbox.url())).ours) == 1


def test_a_death_between_commit_and_mark_is_made_good_by_the_next_round(office, data, mailbox):
    raw = reply(message_id=posted(office))
    mailbox.put(raw)
    with opened(ImapAccount.from_url(mailbox.url())) as folder:
        (message,) = folder.unread(())
    take(office, message)
    assert [*mailbox.seen().values()] == [False]
    assert read_round(office, given(mailbox.url())).taken == []
    assert [*mailbox.seen().values()] == [True]
    assert ([row.marked for row in rows(office, InboundPlace)], len(rows(office, Task))) == ([True], 1)


def test_a_message_that_lies_there_again_under_another_number_is_known_by_its_bytes(office, data, mailbox):
    raw = reply(message_id=posted(office))
    mailbox.put(raw)
    read_round(office, given(mailbox.url()))
    mailbox.clear()
    mailbox.put(raw)
    (one,) = read_round(office, given(mailbox.url())).taken
    assert (one.before, len(rows(office, Task)), [*mailbox.seen().values()]) == (True, 1, [True])
    assert read_round(office, given(mailbox.url())).taken == []


def test_only_the_mail_of_the_last_weeks_is_looked_at(office, data, mailbox):
    mailbox.put(reply(message_id=posted(office)), at=clock.now() - LOOK_BACK - timedelta(days=3))
    assert read_round(office, given(mailbox.url())).taken == []


def test_a_trial_neither_marks_nor_writes(office, data, mailbox):
    mailbox.put(reply(message_id=posted(office)))
    assert len(look_round(office, given(mailbox.url())).ours) == 1
    assert (rows(office, Inbound), [*mailbox.seen().values()]) == ([], [False])


def test_of_a_mail_beyond_the_bound_only_the_head_is_fetched(office, data, mailbox):
    head, _, body = reply(message_id=posted(office)).partition(b"\r\n\r\n")
    mailbox.put(head + b"\r\n\r\n" + body + b"x" * 76 * 560_000)
    (one,) = read_round(office, given(mailbox.url())).ours
    assert "超过 40 MB" in one.task


def test_the_server_is_told_which_program_this_is(mailbox):
    with opened(ImapAccount.from_url(mailbox.url())):
        pass
    assert "ID sent: name=creation" in mailbox.log()


def test_a_refused_login_leaves_one_task_and_is_not_tried_again_at_once(office, data, mailbox):
    wrong, before = given(mailbox.url("guess")), mailbox.refusals(0)
    reader = ReplyReading(office, wrong)
    reader.tick()
    reader.tick()
    (task,) = rows(office, Task)
    assert (task.kind, "授权码" in task.text, "guess" in task.text) == (TaskKind.RUN_FAILED, True, False)
    assert mailbox.refusals(before + 1) == before + 1


def test_doctor_logs_in_and_tells_where_answers_go(mailbox):
    assert post.replies(given(mailbox.url(), smtp_sender=USER)).level == Level.OK
    found = post.replies(given(mailbox.url(), smtp_sender="noreply@university.example"))
    assert (found.level, "CREATION_REPLY_TO" in found.todo) == (Level.WARN, True)
    assert post.replies(given(mailbox.url(), reply_to=USER, smtp_sender="noreply@university.example")).level == Level.OK
    assert post.replies(Settings()).level == Level.OK
    assert post.replies(given(mailbox.url(folder="/missing"))).level == Level.FAIL
    assert post.replies(given(mailbox.url("guess"))).level == Level.FAIL


def test_a_certificate_that_nobody_vouches_for_ends_it_before_the_password_is_said(mailbox, monkeypatch):
    logins = mailbox.log().count("Login: user=")
    with pytest.raises(MailboxError, match="certificate"), opened(ImapAccount.from_url(mailbox.url(scheme="imaps"))):
        pass
    assert mailbox.log().count("Login: user=") == logins
    monkeypatch.setenv("SSL_CERT_FILE", str(mailbox.folder / "cert.pem"))
    with opened(ImapAccount.from_url(mailbox.url(scheme="imaps"))) as folder:
        assert folder.prefix.startswith(f"imap:{USER}@127.0.0.1:")


@pytest.mark.parametrize(
    "url",
    [
        "imap://a:b@mail.example",
        "https://a:b@mail.example",
        "imaps://mail.example",
        "imaps://a@mail.example",
        "zuzhibu@university.example",
        "imaps://a:b@[::1",
        "imaps://a:b@mail.example:99x",
        "imaps://a:b/b@mail.example",
    ],
)
def test_a_wrong_address_of_the_mailbox_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match="imap") as refused:
        ImapAccount.from_url(url)
    assert ":b@" not in str(refused.value)


def test_folder_and_account_are_read_from_the_address():
    found = ImapAccount.from_url("imaps://a%40x.example:p%3Aw@imap.x.example/%E5%9B%9E%E4%BF%A1")
    assert (found.user, found.password, found.port, found.folder, PASSWORD in repr(found)) == ("a@x.example", "p:w", 993, "回信", False)


SCRIPTS = {
    "silent": b"",
    "no greeting": b"220 smtp ready\r\n",
    "garbage": b"* OK ready\r\n\xff\xfe\x00((((\r\n",
    "closes": None,
}


@pytest.fixture(params=SCRIPTS)
def misbehaving(request, monkeypatch):
    """A server that says one thing and then nothing more."""
    monkeypatch.setattr("notifications.inbound.imap.SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        connection, _ = listener.accept()
        if SCRIPTS[request.param] is None:
            connection.close()
        else:
            connection.sendall(SCRIPTS[request.param])
            held.append(connection)

    Thread(target=serve, daemon=True).start()
    yield f"imap://a:b@127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    [connection.close() for connection in held]


def test_a_server_that_misbehaves_is_a_fault_that_stops_nothing(database, data, misbehaving):
    with pytest.raises(MailboxError):
        read_round(database, given(misbehaving))
    ReplyReading(database, given("imap://a:b@127.0.0.1:9")).tick()
    assert post.replies(given("imap://a:b@127.0.0.1:9")).level == Level.FAIL
