"""A postman who keeps what he carried, and what can be read off it: the lines each letter answers for, its calendar entries."""

from datetime import date, time
from email import message_from_bytes, policy
from typing import NamedTuple

from icalendar import Calendar

from config.clock import business_instant
from flows.steps.daily import scan
from models.business_clock import move_clock
from models.store import transaction
from notifications.delivery import deliver
from notifications.transport import Delivery, NotPreparedError, Result

OK = Delivery(Result.ACCEPTED, 250, "ok")
BUSY = Delivery(Result.DEFERRED, 451, "later")


class Told(NamedTuple):
    """One line of a letter that has been carried."""

    kind: str
    project: str
    unit: str
    paper: str
    rung: str
    mailbox: str


class Postman:
    """Takes every mail, or turns each away at the door with ``at_door``."""

    def __init__(self, at_door=None):
        self.at_door, self.carried = at_door, []

    def prepare(self, sender, recipient):
        del sender
        self.recipient = recipient
        if self.at_door is not None:
            raise NotPreparedError(self.at_door)

    def deliver(self, message):
        self.carried.append((self.recipient, message))
        return OK

    def close(self):
        pass

    @property
    def told(self):
        """Every line of every mail carried."""
        return [line for box, message in self.carried for line in told(box, message)]


def parsed(message):
    return message_from_bytes(message, policy=policy.default)


def told(mailbox, message):
    """The lines that one letter answers for, from its headers."""
    rows = [[part.strip() for part in str(value).split(";")] for value in parsed(message).get_all("X-Creation-Line", [])]
    return [Told(row[0], row[3], row[4], row[5], row[6], mailbox) for row in rows]


def entries(message):
    """The calendar entries of a letter: UID → (SEQUENCE, day)."""
    found = {}
    for part in parsed(message).walk():
        if part.get_content_type() == "text/calendar":
            for event in Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT"):
                found[str(event["UID"])] = (event["SEQUENCE"], event["DTSTART"].dt)
    return found


def at(engine, day, hour=9, minute=0):
    """Move the business clock; ``day`` is an ISO date."""
    with transaction(engine) as session:
        move_clock(session, business_instant(date.fromisoformat(day), time(hour, minute)))


def morning(engine, day, post=None, hour=9):
    """The day's scan and post; returns the postman."""
    post = post or Postman()
    at(engine, day, hour)
    scan(engine, date.fromisoformat(day), f"timetable:{day}")
    deliver(engine, post, "one")
    return post
