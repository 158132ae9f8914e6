"""The calendar file as a reader's program opens it: one entry per duty, moved by the same UID with a higher SEQUENCE."""

import shutil
from datetime import date, time, timedelta
from email import message_from_bytes, policy

import pytest
from icalendar import Calendar

from config.clock import business_instant
from flows.steps.acts import perform
from models.history import Act
from notifications.delivery import deliver
from tests.postman import Postman, at, morning

MOVED = date(2025, 12, 5)
SO_BOX, BRANCH_BOX = "s04-contact@university.example", "s04b01-contact@university.example"


def files(post, box):
    """The calendar files that a mailbox got: at most one a letter."""
    letters = [message_from_bytes(raw, policy=policy.default) for to, raw in post.carried if to == box]
    found = [[part for part in one.walk() if part.get_content_type() == "text/calendar"] for one in letters]
    assert all(len(parts) <= 1 for parts in found)
    return [part for parts in found for part in parts]


def opened(part):
    return Calendar.from_ical(part.get_payload(decode=True))


def entries(post, box, paper="typical_case"):
    every = [event for part in files(post, box) for event in opened(part).walk("VEVENT")]
    return {str(event["UID"]): event for event in every if f":{paper}:" in str(event["UID"])}


@pytest.fixture
def moved(called_file, engine):
    """The post of the call, and of the notice that moves one paper."""
    first = called_file[1]
    shutil.copy(called_file[0], engine.url.database)
    basis = {"cohort": "2023", "deliverable": "typical_case", "due_on": MOVED, "basis": "《补充通知》"}
    perform(engine, Act("工作人员1", "command:test", date(2025, 11, 6)), "supplement", **basis)
    at(engine, "2025-11-06", 10)
    deliver(engine, post := Postman(), "one")
    return first, post


def test_a_moved_deadline_replaces_the_entry_that_the_call_brought(moved):
    called, told = (entries(post, SO_BOX) for post in moved)
    assert called.keys() == told.keys() != set()
    for uid, event in told.items():
        old = called[uid]
        assert (old["SEQUENCE"], event["SEQUENCE"]) == (0, 1)
        assert (old["DTSTART"].dt, event["DTSTART"].dt) == (date(2025, 11, 22), MOVED)
        assert event["DTEND"].dt == MOVED + timedelta(days=1), "all day: the end is not part of it"
        assert event["DTSTAMP"].dt == business_instant(date(2025, 11, 6), time(10)) > old["DTSTAMP"].dt
        assert str(event["SUMMARY"]) == "审核星河学院教师第一党支部《典型案例》（审核报送时限）"
    [part] = files(moved[1], SO_BOX)
    assert {str(event["UID"]) for event in opened(part).walk("VEVENT")} == told.keys(), "only what has moved"
    [event] = entries(moved[1], BRANCH_BOX).values()
    assert event["DTSTART"].dt == date(2025, 12, 2), "the day on which its SO expects the paper, as its letter says"
    [letter] = [message_from_bytes(raw, policy=policy.default) for to, raw in moved[1].carried if to == BRANCH_BOX]
    text = "".join(letter.get_body(("plain",)).get_content().split())
    assert "《典型案例》：由2025年11月19日（星期三）调整为2025年12月2日（星期二），此为报所属二级党组织的时限" in text
    assert "经审核报学校的时限为2025年12月5日（星期五）" in text


def test_mail_programs_of_the_providers_take_it_as_a_published_entry(moved, engine):
    [part] = files(moved[1], SO_BOX)
    raw = part.get_payload(decode=True)
    assert (part.get_param("method"), part.get_content_charset(), part.get_filename()) == ("PUBLISH", "utf-8", "deadline.ics")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert opened(part)["METHOD"] == "PUBLISH"
    [event] = opened(part).walk("VEVENT")
    assert str(event["ORGANIZER"]) == "mailto:zuzhibu@university.example", "RFC 5546 asks for one in what is published"
    assert "ATTENDEE" not in event, "nobody is asked to answer"
    assert raw.split(b"DTSTAMP:")[1].split(b"\r\n")[0].endswith(b"Z"), "in UTC, without a zone that the file does not define"
    assert event["DTSTART"].params["VALUE"] == "DATE"
    [alarm] = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(hours=-15), "nine in the morning of the day before, not midnight"
    reminders = morning(engine, "2025-11-17")
    assert {line.kind for line in reminders.told} >= {"reminder"}
    assert [part for box, _ in reminders.carried for part in files(reminders, box)] == []
