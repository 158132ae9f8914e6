"""Panel members are told of the defence as the units are: sittings, order, papers, whom they avoid; once for each change (R46, R49)."""

import pytest
from sqlmodel import select

from config.vocabulary import MailKind
from flows.steps.acts import perform
from flows.steps.handlers import handler_lines
from flows.steps.people import change_person_email
from models.loading import load_calendar
from models.store import reading, transaction
from models.tables import Reminder
from notifications import outbox
from notifications.delivery import deliver
from tests.mid_term import HALL, ROOM, enrol, on, text_of
from tests.postman import Postman, at, parsed

MAILBOXES = {"P01": "one@university.example", "P05": "five@university.example", "P06": "six@university.example"}
"""P06 belongs to S05; P05 will have a tie; everybody else has no mailbox."""


@pytest.fixture
def office(engine):
    """Units at work in the second batch, three panel members with a mailbox, lots drawn and sittings laid down."""
    enrol(engine)
    with transaction(engine) as session:
        for code, mailbox in MAILBOXES.items():
            change_person_email(session, on("2026-11-30"), code, mailbox)
    perform(engine, on("2026-12-01"), "draw_defence", cohort="2025", seed="7")
    perform(engine, on("2026-12-02"), "schedule_defence", cohort="2025", sittings=[ROOM | {"ends": "11:00"}])
    return engine


def scanned(engine, day):
    """The daily look of the mid-term; returns how many notices are new, by person."""
    with transaction(engine) as session:
        today = on(day).on
        lines = [
            line for line in handler_lines(session, "2025", load_calendar(session), "mid_term", today)
            if line.kind == MailKind.DEFENCE_PANEL
        ]  # fmt: skip
        outbox.plan_lines(session, lines)
    return sorted(line.details["person"] for line in lines)


def post(engine, day):
    """The notices that leave on a morning, by mailbox."""
    at(engine, day)
    carried = Postman()
    deliver(engine, carried, "one")
    found = [parsed(raw) for _, raw in carried.carried]
    return {letter["To"].addresses[0].addr_spec: letter for letter in found if letter["Subject"].startswith("【答辩评审】")}


def test_each_member_with_a_mailbox_is_told_once(office):
    assert scanned(office, "2026-12-02") == ["P01", "P05", "P06"]
    assert scanned(office, "2026-12-03") == [], "nothing has changed"
    letters = post(office, "2026-12-03")
    assert sorted(letters) == sorted(MAILBOXES.values())
    text = text_of(letters[MAILBOXES["P01"]])
    for words in ("评审专家1同志", ROOM["place"], "第1号", "《建设进展报告》未报送", "汇报"):
        assert words in text
    assert "请您回避" not in text
    assert "来自晨曦学院党委" in text_of(letters[MAILBOXES["P06"]]).split("下列项目请您回避")[1]


def test_a_change_is_told_anew_and_says_so(office):
    scanned(office, "2026-12-02")
    post(office, "2026-12-03")
    perform(office, on("2026-12-04"), "schedule_defence", cohort="2025", sittings=[HALL | {"ends": "16:00"}])
    assert scanned(office, "2026-12-04") == ["P01", "P05", "P06"]
    letter = post(office, "2026-12-07")[MAILBOXES["P01"]]
    assert "安排调整" in letter["Subject"]
    assert HALL["place"] in text_of(letter)
    assert ROOM["place"] not in text_of(letter)


def test_who_is_assigned_later_hears_only_what_is_theirs(office):
    """With P01 alone assigned to a project the others no longer hear it; without anybody all do."""
    with reading(office) as session:
        projects = sorted(session.exec(select(Reminder.project).where(Reminder.kind == MailKind.DEFENCE_NOTICE)).all())
    perform(office, on("2026-12-02"), "assign", phase="mid_term", part="defence", assessor="P01", projects=projects[1:])
    scanned(office, "2026-12-02")
    letters = post(office, "2026-12-03")
    heard = {code: text_of(letters[box]).count("《建设进展报告》") if box in letters else 0 for code, box in MAILBOXES.items()}
    assert heard == {"P01": len(projects), "P05": 1, "P06": heard["P06"]}
    assert heard["P06"] <= 1
    assert len(projects) > 1


def test_after_the_last_day_and_without_a_mailbox_nobody_is_told(office):
    assert scanned(office, "2027-01-04") == []
    with transaction(office) as session:
        for code in MAILBOXES:
            change_person_email(session, on("2026-12-02"), code, "")
    assert scanned(office, "2026-12-02") == []
