"""Those who handle the programme are reminded too: the office's list of work and the panel's reminders, on a real database (P.office)."""

from datetime import date

import pytest
from sqlmodel import select

from config.clock import business_instant
from config.vocabulary import AuthMethod, MailClass, MailKind, MailState, PersonRole, PhaseKind, TaskKind
from flows.operate.demo import load_sample
from flows.operate.player import MORNING
from flows.steps.acts import perform, perform_many
from flows.steps.advance import Stage
from flows.steps.errors import ActError
from flows.steps.handlers import next_handler_day
from flows.steps.people import register_person
from flows.steps.phases import remind_outstanding
from models.business_clock import move_clock
from models.history import Act, record_event
from models.loading import load_calendar, project_row
from models.store import reading, transaction
from models.tables import Event, Mail, Person, Reminder, Task
from notifications.carrying import NowhereCarrier
from notifications.delivery import deliver
from notifications.message import MessageError
from notifications.tasks import leave_task

OFFICE = "office@university.example"
FRIDAY, MONDAY = date(2025, 11, 14), date(2025, 11, 17)
"""The self-check is due on the Monday; the Friday before it has the office's list of the missing as well."""
PHASES = {"self_check": PhaseKind.SELF_CHECK, "review": PhaseKind.REVIEW, "declaration": PhaseKind.DECLARATION}


def remind(engine, on, cohort="2023", phase="self_check"):
    act = Act("时间表", f"timetable:{on}", on, AuthMethod.SYSTEM)
    return remind_outstanding(engine, Stage(cohort, phase, PHASES[phase], on, act)).planned


def send(engine, on):
    with transaction(engine) as session:
        move_clock(session, business_instant(on, MORNING))
    deliver(engine, NowhereCarrier(), "test")


def lines(engine, *kinds):
    with reading(engine) as session:
        query = select(Reminder).where(Reminder.kind.in_(kinds or (MailKind.DIGEST,)), Reminder.dropped_because.is_(None))
        return [(line.key, str(line.planned_on)) for line in session.exec(query.order_by(Reminder.key))]


def mails_to(engine, mailbox, state=MailState.SENT):
    with reading(engine) as session:
        found = session.exec(select(Mail).where(Mail.mailbox == mailbox, Mail.state == state).order_by(Mail.id)).all()
        return [(mail.kind, mail.subject, text_of(mail.mime)) for mail in found]


def text_of(raw):
    from email import message_from_bytes, policy

    return message_from_bytes(raw, policy=policy.default).get_body(["plain"]).get_content() if raw else ""


def task(engine, on, text="请致电青石学院党委"):
    with transaction(engine) as session:
        leave_task(session, TaskKind.TELEPHONE, "x", text, on, "S02")


def test_nothing_to_tell_nothing_goes(engine):
    """On Monday the 10th no paper of the first cohort is late or due within the week; on the Friday before the deadline it is."""
    for day in (10, 11, 12, 13):
        remind(engine, date(2025, 11, day))
    assert lines(engine) == []
    remind(engine, FRIDAY)
    assert lines(engine) == [("digest:2023:2025-11-14", "2025-11-14")]


def test_the_list_of_the_missing_travels_in_the_list_of_work(both):
    """One letter on the working day before the deadline, on either database; made twice, it is one letter still."""
    assert remind(both, FRIDAY) > 0
    assert remind(both, FRIDAY) == 0
    send(both, FRIDAY)
    ((kind, subject, text),) = mails_to(both, OFFICE)
    assert (kind, subject.startswith("【工作清单】")) == (MailKind.DIGEST, True)
    with reading(both) as session:
        rows = session.exec(select(Reminder).where(Reminder.role == "office", Reminder.mail_id.is_not(None))).all()
    assert {row.kind for row in rows} == {MailKind.DIGEST, MailKind.OFFICE_LIST}
    assert len({row.mail_id for row in rows}) == 1
    assert "2025年11月17日到期：自检自查表（报送），已办 0 项，待办 17 项" in text.replace("\n", "").replace(" ", "").replace(
        "已办0项", "已办 0 项"
    ).replace("待办17项", "待办 17 项")
    assert "云杉学院党委　电话：0000-0101000" in text


@pytest.fixture
def both(empty):
    load_sample(empty)
    return empty


def test_after_a_downtime_only_the_newest_list_goes(engine):
    remind(engine, date(2025, 11, 20))
    assert lines(engine) == [("digest:2023:2025-11-17", "2025-11-17")]


def test_what_came_up_after_the_day_waits_for_the_next(engine):
    """A task of Wednesday makes no list of Monday; one of the Friday before does, in the list of the newest cohort alone."""
    task(engine, date(2025, 11, 12))
    remind(engine, date(2025, 11, 12), "2025", "declaration")
    assert lines(engine) == []
    remind(engine, MONDAY, "2025", "declaration")
    assert lines(engine) == [("digest:2025:2025-11-17", "2025-11-17")]


def test_the_office_s_tasks_stand_in_the_newest_cohort_s_list_and_done_ones_stop_it(engine):
    task(engine, date(2025, 11, 7))
    for cohort, phase in (("2023", "self_check"), ("2025", "declaration")):
        remind(engine, date(2025, 11, 10), cohort, phase)
    assert lines(engine) == [("digest:2025:2025-11-10", "2025-11-10")]
    with transaction(engine) as session:
        session.exec(select(Task)).one().done_on = date(2025, 11, 10)
    send(engine, date(2025, 11, 10))
    assert mails_to(engine, OFFICE) == []
    assert lines(engine) == [], "dropped, since by now there is nothing to tell"


def test_a_task_and_a_mail_in_trouble_are_told(engine):
    task(engine, date(2025, 11, 7))
    with transaction(engine) as session:
        session.add(
            Mail(
                key="k", message_id="m", kind=MailKind.REMINDER, mail_class=MailClass.REMIND, mailbox="s03@university.example", recipient_unit="S03",
                send_on=date(2025, 11, 6), not_before=business_instant(date(2025, 11, 6), MORNING), state=MailState.FAILED, subject="【提醒】材料",
            )
        )  # fmt: skip
    remind(engine, date(2025, 11, 10), "2025", "declaration")
    send(engine, date(2025, 11, 10))
    ((_, _, text),) = mails_to(engine, OFFICE)
    told = "".join(text.split())
    assert "待办（1项）1.电话联系：请致电青石学院党委（自2025年11月7日）" in told
    assert "未能送达的邮件（1项）1." in told
    assert "【提醒】材料（发送失败，2025年11月6日）" in told


def test_an_admin_who_gave_a_mailbox_has_the_list_there_too(engine, act):
    perform(engine, act, "change_person_email", who="A02", email="a02@university.example")
    remind(engine, FRIDAY)
    assert [key for key, _ in lines(engine)] == ["digest:2023:2025-11-14", "digest:2023:2025-11-14:A02"]
    send(engine, FRIDAY)
    ((kind, _, text),) = mails_to(engine, "a02@university.example")
    assert kind == MailKind.DIGEST
    assert "工作人员2同志：" in text


def accepting(engine, mailboxes=("P01", "P02")):
    """One project enters the acceptance on 11-26: its scores are due on 12-10."""
    with transaction(engine) as session:
        record_event(session, project_row(session, "2023-S01"), "enter_acceptance", Act("测试", "command:test", date(2025, 11, 26)), {})
        register_person(
            session, Act("测试", "command:test", date(2025, 11, 26)), "P11", "专家", PersonRole.PANEL, "S01", "p11@university.example"
        )
    for code in mailboxes:
        perform(
            engine,
            Act("测试", "command:test", date(2025, 11, 26)),
            "change_person_email",
            who=code,
            email=f"{code.lower()}@university.example",
        )


def score(engine, assessor, on):
    marks = {"key_tasks": {"guide": 40, "targets": 40}, "measures": {"system": 20, "carried_out": 30, "innovation": 20}}
    marks["demonstration"] = {"carriers": 30, "papers": 20, "promotion": 30}
    entries = [
        {"project": "2023-S01", "phase": "review", "part": part, "assessor": assessor, "scores": points} for part, points in marks.items()
    ]
    perform_many(engine, Act("测试", "command:test", on), "assess", entries)


def test_panel_members_are_reminded_until_they_have_scored(engine):
    """P11 belongs to the SO itself and P03 gave no mailbox: neither is written to."""
    accepting(engine)
    remind(engine, date(2025, 12, 5), phase="review")
    key = "panel_reminder:2023:review:2025-12-10:T-3"
    assert lines(engine, MailKind.PANEL_REMINDER) == [(f"{key}:P01", "2025-12-05"), (f"{key}:P02", "2025-12-05")]
    send(engine, date(2025, 12, 5))
    ((kind, subject, text),) = mails_to(engine, "p01@university.example")
    assert (kind, subject) == (MailKind.PANEL_REMINDER, "【评审提醒】首批“一融双高”典型示范创建尚有3项评分待完成")
    assert "2023-S01云杉学院党委：重点任务完成情况（还缺3人，请于2025年12月10日前完成）" in "".join(text.split())
    score(engine, "P01", date(2025, 12, 8))
    remind(engine, date(2025, 12, 9), phase="review")
    assert [key for key, day in lines(engine, MailKind.PANEL_REMINDER) if day == "2025-12-09"] == [key.replace("T-3", "T-1") + ":P02"]


def test_a_line_whose_reader_has_scored_or_withdrawn_the_mailbox_is_not_sent(engine):
    accepting(engine)
    remind(engine, date(2025, 12, 5), phase="review")
    score(engine, "P01", date(2025, 12, 5))
    perform(engine, Act("测试", "command:test", date(2025, 12, 5)), "change_person_email", who="P02", email="")
    send(engine, date(2025, 12, 5))
    assert mails_to(engine, "p01@university.example") + mails_to(engine, "p02@university.example") == []
    assert lines(engine, MailKind.PANEL_REMINDER) == []


def test_jumping_stops_on_the_days_of_lists_and_reminders(engine):
    def following(after, cohort="2023"):
        with reading(engine) as session:
            return next_handler_day(session, cohort, load_calendar(session), after)

    assert following(date(2025, 11, 4)) == FRIDAY
    assert following(date(2025, 11, 4), "2025") == date(2025, 12, 1), "the declaration is due within that week"
    task(engine, date(2025, 11, 7))
    assert following(date(2025, 11, 7), "2025") == date(2025, 11, 10)
    assert following(date(2025, 11, 7)) == FRIDAY, "tasks stand in the newest cohort's list"


@pytest.mark.parametrize("wrong", ["张三@126.com", "p01", "a@b", "p01@university.example x"])
def test_a_wrong_mailbox_is_refused_and_changes_nothing(engine, act, wrong):
    with pytest.raises(MessageError, match="不正确；请填写形如"):
        perform(engine, act, "change_person_email", who="P01", email=wrong)
    with reading(engine) as session:
        assert session.exec(select(Person.email).where(Person.code == "P01")).one() == ""
        assert session.exec(select(Event).where(Event.stream == "person:P01", Event.event == "change_contact")).all() == []


def test_a_mailbox_is_told_apart_from_none_and_stays_out_of_the_history(engine, act):
    with pytest.raises(ActError, match="P01 评审专家1本来就没有登记邮箱"):
        perform(engine, act, "change_person_email", who="P01")
    perform(engine, act, "change_person_email", who="P01", email=" p01@university.example ")
    with pytest.raises(ActError, match=r"邮箱已经是 p01@university\.example"):
        perform(engine, act, "change_person_email", who="P01", email="p01@university.example")
    with reading(engine) as session:
        event = session.exec(select(Event).where(Event.stream == "person:P01", Event.event == "change_contact")).one()
    assert event.payload == {"given": True}
