"""What a message that came in leads to: once only, whole or not at all, and never by anything but our own Message-ID."""

from datetime import timedelta
from hashlib import sha256
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from config import clock
from config.settings import settings
from config.vocabulary import InboundKind, MailKind, MailState, TaskKind
from models.store import reading, transaction
from models.tables import Inbound, InboundFile, Mail, Task
from notifications import asking
from notifications.inbound.folder import DONE
from notifications.inbound.rounds import look_round, read_round
from notifications.inbound.taking import Message, take
from tests.notifications.letters_in import BOX, OURS, PDF, document, netease_bounce, reply, sample
from tests.notifications.posted import AT, posted, rows


def taken(engine, raw, **more):
    return take(engine, Message(raw, AT, **more))


def fate(engine, key="reminder:a"):
    (row,) = rows(engine, Mail, key=key)
    return row.state


def tasks(engine):
    return [(row.kind, row.done_on is None) for row in rows(engine, Task)]


def kept(data):
    return sorted(path.name for path in (data / "files").rglob("*") if path.is_file())


def test_a_reply_with_files_is_one_task_and_files_by_content_however_often_it_is_read(office, data):
    word = document()  # once: a second one might bear another second
    raw = reply(("进展报告.pdf", PDF), ("申报书.docx", word), ("宏.xlsm", b"PK\x03\x04"), message_id=posted(office))
    first, second = taken(office, raw), taken(office, raw)
    assert (first.kind, first.before, second.before) == (InboundKind.REPLY, False, True)
    (task,), (message,) = rows(office, Task), rows(office, Inbound)
    assert task.kind == TaskKind.RECORD_HAND_IN
    for told in (f"来件{message.id}-1 进展报告.pdf", f"来件{message.id}-2 申报书.docx", "未收 宏.xlsm", BOX, "11月20日", "材料报送"):
        assert told in task.text
    assert len(task.text) <= 500
    assert kept(data) == sorted(sha256(content).hexdigest() for content in (PDF, word))
    assert [(row.name, bool(row.sha256)) for row in rows(office, InboundFile)] == [
        ("进展报告.pdf", True),
        ("申报书.docx", True),
        ("宏.xlsm", False),
    ]


def test_two_who_read_at_the_same_moment_leave_one_task(office, data):
    raw, start, found = reply(("a.pdf", PDF), message_id=posted(office)), Barrier(4), []

    def run():
        start.wait()
        found.append(taken(office, raw).before)

    threads = [Thread(target=run) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(found) == [False, True, True, True]
    assert (len(rows(office, Inbound)), len(rows(office, Task))) == (1, 1)


def test_a_death_before_the_commit_leaves_nothing_and_the_next_reading_everything(office, data):
    raw = reply(("a.pdf", PDF), message_id=posted(office))

    def die(connection):
        raise OSError("killed")

    sa.event.listen(office, "commit", die)
    with pytest.raises(OSError, match="killed"):
        taken(office, raw)
    sa.event.remove(office, "commit", die)
    assert (rows(office, Inbound), rows(office, Task)) == ([], [])
    assert not taken(office, raw).before
    assert tasks(office) == [(TaskKind.RECORD_HAND_IN, True)]


def test_a_reply_without_files_is_a_task_to_read_with_its_first_words(office, data):
    taken(office, sample("qq_reply", posted(office)))
    (task,) = rows(office, Task)
    assert (task.kind, "材料下周一报送，可以吗？" in task.text, "原始邮件" in task.text) == (TaskKind.READ_REPLY, True, False)


def test_what_no_person_wrote_leaves_a_line_and_no_task(office, data):
    for name in ("exchange_away", "coremail_auto", "read_receipt", "postfix_delayed"):
        taken(office, sample(name, posted(office, name)))
        assert (name, fate(office, name)) == (name, MailState.SENT)
    assert (len(rows(office, Inbound)), tasks(office)) == (4, [])


def test_what_names_no_mail_of_ours_changes_nothing_and_nothing_of_it_is_kept(office, data):
    posted(office)
    foreign = (
        reply(message_id=OURS),
        reply(("a.pdf", PDF), message_id="<x@y.example>"),
        sample("postfix_failed"),
        sample("newsletter"),
        b"",
    )
    assert {taken(office, raw).kind for raw in foreign} == {InboundKind.OTHER}
    assert {(row.kind, row.sender, row.subject, row.mail_id) for row in rows(office, Inbound)} == {(InboundKind.OTHER, "", "", None)}
    assert (len(rows(office, Inbound)), tasks(office), fate(office), kept(data)) == (5, [], MailState.SENT, [])


def test_a_copy_of_what_the_office_itself_wrote_is_no_reply(office, data):
    taken(office, reply(message_id=posted(office), box=settings().office_email))
    assert tasks(office) == []


BOUNCES = {
    "postfix_failed": (TaskKind.WRONG_ADDRESS, "address"),
    "qq_bounce": (TaskKind.WRONG_ADDRESS, "address"),
    "netease": (TaskKind.WRONG_ADDRESS, "address"),
    "mailbox_full": (TaskKind.TELEPHONE, "full"),
    "coremail_timeout": (TaskKind.TELEPHONE, "policy"),
}


def test_a_bounce_makes_a_sent_mail_a_failed_one_with_the_task_that_its_reason_asks_for(office, data):
    for name, (kind, ground) in BOUNCES.items():
        ours, box = posted(office, name, mailbox=f"{name}@unit.example"), f"{name}@unit.example"
        taken(office, netease_bounce(ours, box) if name == "netease" else sample(name, ours, box))
        (mail,) = rows(office, Mail, key=name)
        assert (mail.state, mail.last_class, mail.last_text[:3], mail.sent_at) == (MailState.FAILED, ground, "退信：", AT)
        assert [row.kind for row in rows(office, Task, key=f"{kind}:{name}")] == [kind]
        with reading(office) as session:
            assert set(asking.known_bad(session, [box])) == ({box} if kind == TaskKind.WRONG_ADDRESS else set())


def test_a_bounce_that_names_another_address_only_asks_to_look(office, data):
    taken(office, sample("postfix_failed", posted(office), box="private@other.example"))
    assert (fate(office), tasks(office)) == (MailState.SENT, [(TaskKind.CONFIRM_DELIVERY, True)])
    with reading(office) as session:
        assert asking.known_bad(session, [BOX]) == {}


def unknown(engine, key):
    ours = posted(engine, key, MailKind.RETURNED, state=MailState.UNKNOWN, sent_at=None)
    with transaction(engine) as session:
        session.add(Task(key=f"confirm_delivery:{key}", kind=TaskKind.CONFIRM_DELIVERY, text="x", opened_on=AT.date()))
    return ours


def test_whoever_answers_a_mail_of_unknown_fate_has_it_and_a_bounce_settles_it_too(office, data):
    for name in ("qq_reply", "exchange_away", "read_receipt", "postfix_delayed", "postfix_failed"):
        taken(office, sample(name, unknown(office, name)))
        (mail,) = rows(office, Mail, key=name)
        bounced = name == "postfix_failed"
        assert (name, mail.state, mail.sent_at is None) == (name, MailState.FAILED if bounced else MailState.SENT, bounced)
    assert {row.done_on is None for row in rows(office, Task, kind=TaskKind.CONFIRM_DELIVERY)} == {False}
    assert [row.key for row in rows(office, Task, kind=TaskKind.WRONG_ADDRESS)] == ["wrong_address:postfix_failed"]


def test_only_a_second_copy_that_waits_is_spared_by_an_answer(office, data):
    waiting, others = MailState.READY, (MailState.READY, MailState.EXPIRED, MailState.CANCELLED, MailState.FAILED)
    taken(office, sample("exchange_away", posted(office, "second", state=waiting, resends=1)))
    assert fate(office, "second") == MailState.SENT
    for state in others:
        taken(office, sample("exchange_away", posted(office, state.value, state=state)))
        assert fate(office, state.value) == state


def test_a_mail_on_the_wire_is_left_to_its_sender(office, data):
    lease = {"lease_owner": "one", "lease_until": clock.now() + timedelta(minutes=9)}
    ours = posted(office, state=MailState.SENDING, **lease)
    for name in ("exchange_away", "postfix_failed"):
        taken(office, sample(name, ours))
    assert fate(office) == MailState.SENDING


def test_a_mail_too_large_to_fetch_is_told_by_its_head(office, data):
    head = reply(("a.pdf", PDF), message_id=posted(office)).partition(b"\r\n\r\n")[0]
    for extent in (50_000_000, 60_000_000, 60_000_000):
        taken(office, head, flaw="超过 40 MB", extent=extent)
    assert tasks(office) == [(TaskKind.READ_REPLY, True)] * 2
    assert "超过 40 MB" in rows(office, Task)[0].text


@pytest.fixture
def folder(data, monkeypatch):
    path = data / "eml"
    path.mkdir()
    monkeypatch.setenv("CREATION_REPLY_FOLDER", str(path))
    settings.cache_clear()
    return path


def test_one_bad_mail_never_stops_the_others_and_is_tried_again(office, folder):
    for number in range(4):
        (folder / f"{number}.eml").write_bytes(reply(message_id=posted(office, f"reminder:{number}"), text=f"第 {number} 封"))
    (folder / "x.eml").symlink_to(folder / "0.eml")
    ends = iter([None, OSError("disk full"), None, None])

    def sometimes(connection):
        if (fault := next(ends)) is not None:
            raise fault

    sa.event.listen(office, "commit", sometimes)
    done = read_round(office, settings())
    sa.event.remove(office, "commit", sometimes)
    assert (len(done.ours), done.failed) == (3, 1)
    assert sorted(path.name for path in folder.glob("*.eml")) == ["1.eml", "x.eml"]
    again = read_round(office, settings())
    assert (len(again.ours), again.failed, len(rows(office, Task))) == (1, 0, 4)


def test_a_death_between_commit_and_putting_away_does_nothing_twice(office, folder):
    raw = reply(("a.pdf", PDF), message_id=posted(office))
    taken(office, raw)
    (folder / DONE).mkdir()
    (folder / DONE / "a.eml").write_bytes(b"of last week")
    (folder / "a.eml").write_bytes(raw)
    assert read_round(office, settings()).ours == []
    assert (len(rows(office, Task)), sorted(path.name for path in (folder / DONE).iterdir())) == (1, ["a (2).eml", "a.eml"])


def test_a_trial_tells_what_would_be_taken_and_changes_nothing(office, folder, data):
    (folder / "a.eml").write_bytes(reply(("a.pdf", PDF), message_id=posted(office)))
    (one,) = look_round(office, settings()).ours
    assert (one.kind, one.files) == (InboundKind.REPLY, ("a.pdf",))
    assert (rows(office, Inbound), tasks(office), kept(data), [path.name for path in folder.iterdir()]) == ([], [], [], ["a.eml"])
