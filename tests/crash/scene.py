"""A small office with much post: nine units, ladders on hundreds of days, and letters of every class put straight into the outbox."""

from contextlib import suppress
from datetime import date, time
from itertools import count

import sqlalchemy as sa
from sqlmodel import func, select

from config.clock import business_day, business_instant
from config.loading import content_hash
from config.vocabulary import BranchKind, MailClass, MailKind, MailState, UnitKind
from flows.steps.opening import open_cohort
from flows.steps.register import register_projects, register_units
from models.business_clock import business_now, mark_as_demo, move_clock
from models.history import Act
from models.imports.rosters import ProjectRow
from models.loading import load_calendar, load_world
from models.rules.agenda import next_day
from models.rules.duties import duties
from models.rules.reminders import ladder_lines, office_lines
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications.outbox import next_mail_at
from tests.flows.test_five_years import START, five_years, unit

AT = time(11, 30)
"""Late enough for every kind of letter."""
BRANCHES = tuple(f"S01B{number:02d}" for number in range(1, 9))
LETTERS = ((MailKind.RETURNED, MailClass.DECIDE), (MailKind.REMINDER, MailClass.REMIND), (MailKind.RECEIPT, MailClass.FYI))
PATIENCE = 6
ON_THE_WAY = (MailState.READY, MailState.LEASED, MailState.SENDING)


class Scene:
    """The cohort, its clock, and what must have been planned by a day."""

    def __init__(self, engine):
        self.engine, self.day, self._numbers = engine, START, count(1)
        act, plan = Act("工作人员1", "command:test", START), five_years()
        with transaction(engine) as session:
            mark_as_demo(session)
            move_clock(session, business_instant(START, AT))
            register_units(
                session, act, [unit("S01", UnitKind.SO), *(unit(code, UnitKind.BRANCH, "S01", BranchKind.TEACHER) for code in BRANCHES)]
            )
            open_cohort(session, act, plan, content_hash(plan))
            register_projects(session, act, "2025", [ProjectRow(code, code) for code in ("S01", *BRANCHES)])
        with reading(engine) as session:
            self._world, self._calendar = load_world(session, "2025"), load_calendar(session)
        owed = duties(self._world, self._calendar)
        laddered = (line for duty in owed for line in ladder_lines(self._world, self._calendar, duty))
        self._planned_on = {line.key: line.planned_on for line in (*laddered, *office_lines(self._world, self._calendar, owed))}

    @property
    def expected(self):
        """The keys of the lines that must be on record by now."""
        return {key for key, on in self._planned_on.items() if on <= self.day}

    def next_day(self):
        """Move the clock to the next day on which something is due; returns False when there is none left."""
        if (found := next_day(self._world, self._calendar, self.day)) is None:
            return False
        self.day = found
        self._move(business_instant(self.day, AT))
        return True

    def _move(self, instant):
        self._write(lambda session: move_clock(session, instant))

    def _write(self, what):
        """Write, however long the writers of SQLite keep us waiting: its queue is not a fair one."""
        for _ in range(PATIENCE):
            with suppress(sa.exc.OperationalError), transaction(self.engine) as session:
                what(session)
                session.flush()
                return
        raise TimeoutError("nothing could be written")

    def feed(self, number):
        """Put letters into the outbox, a third of each class."""
        self._write(lambda session: session.add_all(self._letters(business_now(session), number)))

    def _letters(self, now, number):
        for _ in range(number):
            n = next(self._numbers)
            kind, mail_class = LETTERS[n % len(LETTERS)]
            mime = f"From: office@x.example\r\nTo: u{n}@x.example\r\nSubject: {n}\r\nMessage-ID: <letter{n}@x>\r\n\r\nx\r\n".encode()
            row = {"key": f"letter:{n}", "message_id": f"<letter{n}@x>", "kind": kind, "mail_class": mail_class, "mime": mime}
            yield Mail(**row, mailbox=f"u{n}@x.example", send_on=business_day(now), not_before=now)

    def waiting(self):
        """How many mails are ready, leased or being sent."""
        with reading(self.engine) as session:
            return session.exec(select(func.count()).select_from(Mail).where(Mail.state.in_(ON_THE_WAY))).one()

    def __str__(self):
        """How things stand, for whoever must find out why something is not reached."""
        with reading(self.engine) as session:
            now, states = (
                business_now(session),
                session.execute(sa.select(Mail.state, func.count(), func.min(Mail.not_before)).group_by(Mail.state)).all(),
            )
            unmade = session.exec(select(Reminder.key).where(Reminder.mail_id.is_(None), Reminder.dropped_because.is_(None))).all()
        return f"now {now}, mails {states}, lines in no mail {unmade[:5]}, lines not planned {not self.scanned()}"

    def scanned(self):
        """Whether every line that is due is on record."""
        with reading(self.engine) as session:
            return self.expected <= set(session.exec(select(Reminder.key)))

    def drained(self):
        """Whether nothing is left to be done now; what was put off is brought nearer by moving the clock."""
        with reading(self.engine) as session:
            now, at = business_now(session), next_mail_at(session)
            open_lines = sa.and_(Reminder.mail_id.is_(None), Reminder.dropped_because.is_(None))
            unmade = session.exec(select(Reminder.id).where(open_lines).limit(1)).first()
        if at is not None and at > now and at.date() < date(2031, 1, 1):
            self._move(at)
            self.day = business_day(at)
        return unmade is None and self.waiting() == 0
