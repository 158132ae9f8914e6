"""The ways in which reminder systems of this kind fail, one test a row, each beside a control in which the failure would show."""

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.settings import settings
from config.vocabulary import MailState, TaskKind
from flows.operate.demo import load_sample
from flows.steps.acts import perform
from flows.steps.daily import scan
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from models.tables import Mail, Reminder, Task
from notifications.delivery import deliver
from notifications.transport import Delivery, Result, SmtpAccount, Transport
from tests.postman import BUSY, Postman, at, morning, parsed, told
from tests.smtp_script import ScriptedServer

CASE = "typical_case"
OTHER = "acceptance_application"


def on(day):
    return Act("工作人员1", "command:test", date.fromisoformat(day))


def rungs(post, project, paper=CASE):
    return {line.rung for line in post.told if (line.project, line.paper) == (project, paper)}


def states(engine):
    with reading(engine) as session:
        return Counter(session.exec(select(Mail.state)).all())


@pytest.fixture
def called(called_file, tmp_path):
    """Everyone has been called; the days after the notice have passed."""
    shutil.copy(called_file[0], tmp_path / "test.db")
    made = engine_for(f"sqlite:///{tmp_path / 'test.db'}")
    yield made
    made.dispose()


def test_scheduler_down_one_day_reminder_still_sent(called, tmp_path):
    morning(called, "2025-11-14")
    control = tmp_path / "control.db"
    shutil.copy(tmp_path / "test.db", control)
    late = morning(called, "2025-11-18")  # nothing ran on 2025-11-17, the day of T-5
    assert rungs(late, "2023-S01") == {"T-5"}
    running = engine_for(f"sqlite:///{control}")
    assert rungs(morning(running, "2025-11-17"), "2023-S01") == {"T-5"}
    assert rungs(morning(running, "2025-11-18"), "2023-S01") == set(), "the control: it went the day before"
    running.dispose()


def test_same_job_twice_in_a_row_no_second_mail(called):
    first, second = morning(called, "2025-11-17"), morning(called, "2025-11-17")
    assert len(first.carried) > 10
    assert second.carried == []
    with transaction(called) as session:  # the control: without the lines on record they would go again
        session.execute(sa.delete(Reminder))
    assert rungs(morning(called, "2025-11-17"), "2023-S01") == {"T-5"}


def race(engines):
    """Scan and deliver at the same moment, once per engine; returns the marks of the mails carried (each ledger draws its own Message-IDs)."""
    gate, posts = Barrier(len(engines)), [Postman() for _ in engines]

    def run(engine, post, worker):
        gate.wait()
        scan(engine, date(2025, 11, 17), "timetable:2025-11-17")
        gate.wait()
        deliver(engine, post, worker)

    with ThreadPoolExecutor(len(engines)) as pool:
        done = [pool.submit(run, engine, post, f"worker{n}") for n, (engine, post) in enumerate(zip(engines, posts, strict=True))]
        for one in done:
            one.result()
    return [parsed(message)["X-Creation-Mail"] for post in posts for _, message in post.carried]


def test_two_runs_at_once_no_second_mail(empty):
    load_sample(empty)
    at(empty, "2025-11-17")
    other = engine_for(empty.url.render_as_string(hide_password=False))
    ids = race([empty, other])
    other.dispose()
    assert len(ids) == len(set(ids)) > 40
    assert states(empty) == {MailState.SENT: len(ids)}


def test_two_runs_at_once_would_be_seen(template, tmp_path):
    """The control: two that share no ledger do send everything twice."""
    engines = []
    for name in ("one", "two"):
        shutil.copy(template, tmp_path / f"{name}.db")
        engines.append(engine_for(f"sqlite:///{tmp_path / name}.db"))
        at(engines[-1], "2025-11-17")
    assert set(Counter(race(engines)).values()) == {2}
    for engine in engines:
        engine.dispose()


def test_deadline_moved_old_one_silent_new_one_armed(called):
    at(called, "2025-11-17")
    scan(called, date(2025, 11, 17), "timetable:2025-11-17")  # T-5 of the old day is planned and has not left
    perform(called, on("2025-11-17"), "supplement", cohort="2023", deliverable=CASE, due_on=date(2025, 12, 5), basis="补充通知")
    post = Postman()
    deliver(called, post, "one")
    assert {line.kind for line in post.told if line.paper == CASE} == {"deadline_changed"}
    assert rungs(post, "2023-S01", OTHER) == {"T-5"}, "the control: the other paper stands"
    seen = {day: rungs(morning(called, day), "2023-S01") for day in ("2025-11-18", "2025-11-19", "2025-11-21", "2025-11-24", "2025-11-28")}
    assert {day: found for day, found in seen.items() if found} == {"2025-11-28": {"T-5"}}


def test_overdue_reminder_fires(called):
    perform(called, on("2025-11-19"), "hand_in", project="2023-S02", deliverable=CASE, files=["a"])
    assert not [line for line in morning(called, "2025-11-24").told if line.kind == "overdue"], "not before the morning's post is recorded"
    late = [line.project for line in morning(called, "2025-11-24", hour=11).told if line.kind == "overdue" and line.paper == CASE]
    assert "2023-S01" in late
    assert "2023-S02" not in late, "the control: handed in"


def test_smtp_down_later_delivered(called):
    def carrier(server):
        return Transport(SmtpAccount("127.0.0.1", server.port, "plain", timeout_seconds=5))

    at(called, "2025-11-17")
    scan(called, date(2025, 11, 17), "timetable:2025-11-17")
    with ScriptedServer({"banner": "421 busy"}) as down:
        report = deliver(called, carrier(down), "one")
    assert report.sent == 0
    assert down.messages == []
    assert report.deferred == states(called)[MailState.READY] > 10
    at(called, "2025-11-17", 10)
    with ScriptedServer({}) as up:
        assert deliver(called, carrier(up), "one").sent == len(up.messages) == report.deferred
        assert deliver(called, carrier(up), "one").sent == 0
    assert "T-5" in {line.rung for message in up.messages for line in told("", message) if line.project == "2023-S01"}


@pytest.fixture
def own_wording(tmp_path, monkeypatch):
    """The office's folder of templates."""
    folder = tmp_path / "wording"
    (folder / "digest").mkdir(parents=True)
    monkeypatch.setenv("CREATION_TEMPLATE_FOLDER", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


def test_one_broken_template_the_others_still_go(called, own_wording):
    """On this day the office's two lists travel in one letter."""
    broken = own_wording / "digest" / "body.txt"
    broken.write_text("{{ no_such_thing }}", encoding="utf-8")
    post = morning(called, "2025-11-14")
    assert {line.kind for line in post.told} >= {"urgent_reminder"}
    assert {"office_list", "digest"}.isdisjoint(line.kind for line in post.told)
    assert states(called)[MailState.HELD] == 1
    with reading(called) as session:
        [task] = session.exec(select(Task)).all()
    assert "工作清单" in task.text
    assert "digest/body.txt 第 1 行" in task.text
    assert morning(called, "2025-11-14", hour=10).carried == [], "it is tried again, and still broken"
    broken.unlink()
    at(called, "2025-11-14", 11)
    deliver(called, again := Postman(), "one")
    assert {line.kind for line in again.told} == {"office_list", "digest"}, "mended: it goes by itself, once"
    assert states(called)[MailState.HELD] == 0
    with reading(called) as session:
        assert session.get_one(Task, task.id).done_on == date(2025, 11, 14), "the task closes itself"


def test_a_decision_is_on_record_though_its_letter_cannot_be_written(called, own_wording):
    (own_wording / "returned").mkdir()
    broken = own_wording / "returned" / "body.html"
    broken.write_text("{{ no_such_thing }}", encoding="utf-8")
    at(called, "2025-11-14")
    perform(called, on("2025-11-14"), "hand_in", project="2023-S01", deliverable=CASE, files=["a"])
    perform(
        called, on("2025-11-14"), "return_paper", project="2023-S01", deliverable=CASE, reasons=["缺少盖章页"], due_on=date(2025, 11, 20)
    )
    with reading(called) as session:
        [mail] = session.exec(select(Mail).where(Mail.kind == "returned")).all()
        [task] = session.exec(select(Task)).all()
    assert (mail.state, mail.mime) == (MailState.HELD, None)
    assert "returned/body.html 第 1 行" in task.text
    deliver(called, post := Postman(), "one")
    assert "returned" not in {line.kind for line in post.told}
    change = {"unit": "S01", "role": "contact", "name": "新联系人", "email": "new@university.example"}
    perform(called, on("2025-11-14"), "change_contact", **change)
    broken.unlink()
    at(called, "2025-11-14", 11)
    deliver(called, again := Postman(), "one")
    [(box, raw)] = [(box, raw) for box, raw in again.carried if told(box, raw)[0].kind == "returned"]
    assert (box, parsed(raw)["To"]) == ("new@university.example", "new@university.example"), (
        "mended, it goes once, to the contact of that day"
    )
    assert "缺少盖章页" in parsed(raw).get_body(("plain",)).get_content()
    deliver(called, once := Postman(), "one")
    assert "returned" not in {line.kind for line in once.told}


def test_with_whole_templates_nothing_is_held(called, own_wording):
    """The control."""
    assert own_wording.is_dir()
    assert "office_list" in {line.kind for line in morning(called, "2025-11-14").told}
    assert states(called)[MailState.HELD] == 0


@pytest.mark.parametrize("tried", [False, True], ids=["planned", "turned away before"])
def test_next_rung_silent_once_the_duty_is_done(called, tried):
    at(called, "2025-11-17")
    scan(called, date(2025, 11, 17), "timetable:2025-11-17")
    if tried:
        deliver(called, Postman(BUSY), "one")
    perform(called, on("2025-11-17"), "hand_in", project="2023-S01", deliverable=CASE, files=["a"])
    at(called, "2025-11-17", 11)
    posts = [Postman()]
    deliver(called, posts[0], "one")
    posts += [morning(called, day, hour=11) for day in ("2025-11-19", "2025-11-21", "2025-11-24")]
    chased = [line for post in posts for line in post.told if line.project == "2023-S01" and line.kind != "receipt"]
    assert OTHER in {line.paper for line in chased}
    assert CASE not in {line.paper for line in chased}
    assert [rungs(post, "2023-S02") for post in posts] == [{"T-5"}, {"T-3"}, {"T-1"}, {"T+1"}], "the control"


class LosingOne(Postman):
    """Loses the line on the mail to one mailbox, once; at its second copy the account is at fault, and the round ends."""

    def __init__(self, mailbox):
        super().__init__()
        self.mailbox, self.lost = mailbox, 0

    def deliver(self, message):
        if self.recipient != self.mailbox:
            return super().deliver(message)
        self.lost += 1
        return Delivery(Result.UNKNOWN, None, "line lost") if self.lost == 1 else Delivery(Result.STOP, 535, "login")


S01 = "s01-contact@university.example"


@pytest.mark.parametrize("ended", ["no", "done", "terminated"])
def test_no_second_copy_of_what_nobody_knows_once_its_duties_are_done(called, ended):
    morning(called, "2025-11-17", LosingOne(S01))
    with reading(called) as session:
        [mail] = session.exec(select(Mail).where(Mail.mailbox == S01, Mail.resends > 0)).all()
    assert mail.state == MailState.READY
    if ended == "done":
        perform(called, on("2025-11-17"), "hand_in", project="2023-S01", deliverable=CASE, files=["a"])
        for paper in (OTHER, "negative_list_statement", "satisfaction_survey", "self_check_form"):
            perform(called, on("2025-11-17"), "release", project="2023-S01", deliverable=paper, reason="已由上级验收")
    if ended == "terminated":
        perform(called, on("2025-11-17"), "terminate", project="2023-S01", reason="撤销")
    at(called, "2025-11-17", 11)
    deliver(called, post := Postman(), "one")
    with reading(called) as session:
        state = session.get_one(Mail, mail.id).state
        asked = session.exec(select(Task.kind).where(Task.key.endswith(mail.key), Task.done_on.is_(None))).all()
    again = [box for box, raw in post.carried if raw == mail.mime]
    if ended == "no":  # the control
        assert (again, state, asked) == ([S01], MailState.SENT, [])
    else:
        assert (again, state, asked) == ([], MailState.UNKNOWN, [TaskKind.CONFIRM_DELIVERY])


def test_extension_of_one_unit_silences_the_general_chase(called):
    extension = {"cohort": "2023", "subject": "2023-S01", "deliverable": CASE, "due_on": date(2025, 12, 5), "basis": "批示"}
    perform(called, on("2025-11-17"), "extend", **extension)
    days = ("2025-11-17", "2025-11-19", "2025-11-21", "2025-11-24", "2025-11-28")
    assert [rungs(morning(called, day, hour=11), "2023-S01") for day in days] == [{"act"}, set(), set(), set(), {"T-5"}]
    with reading(called) as session:
        others = session.exec(select(Reminder.rung).where(Reminder.duty == f"2023:summary:{CASE}:2023-S02:hand_in")).all()
    assert {"T-5", "T-3", "T-1", "T+1", "T+5"} <= set(others), "the control"


def test_clock_a_year_ahead_and_put_right_again_nothing_waits_a_year(called):
    at(called, "2025-11-17")
    scan(called, date(2025, 11, 17), "timetable:2025-11-17")
    at(called, "2026-11-17", 20)
    deliver(called, ahead := Postman(), "one")  # by that clock the office is closed: everything is made up for the next morning
    assert ahead.carried == []
    with reading(called) as session:
        assert {mail.not_before.year for mail in session.exec(select(Mail).where(Mail.state == MailState.READY))} == {2026}
    at(called, "2025-11-17", 10)
    deliver(called, post := Postman(), "one")
    assert rungs(post, "2023-S01") == {"T-5"}
    assert states(called)[MailState.READY] == 0
