"""A victim that plays a few weeks of a mid-term by the plain steps, and dies at one named point: before or after a commit, DATA or a file.

Begun again it goes on from where the database stands: it skips the days that are over, and every act of the day that is on record.
"""

import os
import signal
from collections import Counter
from contextlib import contextmanager
from datetime import date, time

from sqlmodel import select

import models.files
from config.clock import business_day, business_instant
from config.settings import settings
from flows.steps import acts, judging
from flows.steps.acts import perform
from flows.steps.daily import scan
from models.business_clock import business_now, move_clock
from models.history import Act
from models.store import reading, transaction
from models.tables import Ballot
from notifications.delivery import deliver
from notifications.transport import SmtpAccount, Transport
from tests.crash.midterm import COHORT, PHASE
from tests.crash.victims import own_engine, worker_name

AT = time(11, 30)
ONE, OTHER, SO = "2025-S01B01", "2025-S01B02", "2025-S01"
PAPER = {"project": ONE, "deliverable": "progress_report"}
MARK = {"phase": PHASE, "part": "supervision", "assessor": "P01", "scores": {"process": 100}}
SCAN, POST = "scan", "deliver"
ENDED, REACHED, INBOX_FILE = "ended", "points.log", "进展.docx"
STORY = {
    # A scan before each meeting: who goes on scans anew, and what the committee will see is to be on record in either case.
    date(2026, 9, 8): (
        SCAN,
        ("hand_in", PAPER | {"files": [INBOX_FILE]}),
        ("return_paper", PAPER | {"reasons": ["缺盖章页"]}),
        ("hand_in", PAPER | {"files": [INBOX_FILE]}),
        ("endorse", PAPER),
        POST,
    ),
    date(2026, 9, 9): (
        ("extend", {"cohort": COHORT, "subject": OTHER, "deliverable": "progress_report", "due_on": date(2026, 12, 10), "basis": "批准"}),
        ("suspend", {"project": SO, "reason": "核对"}),
        ("assess", {"project": ONE} | MARK),
        SCAN,
        ("decision", {ONE: "failed"}),
        POST,
    ),
    date(2026, 9, 10): (
        SCAN,
        ("resume", {"project": SO, "reason": "核对"}),
        ("answer_rectification", {"project": ONE, "answers": ["已整改"]}),
        ("verify_rectification", {"project": ONE}),
        SCAN,
        ("decision", {ONE: "continued"}),
        POST,
    ),
}


def fill_inbox(data):
    """Put what the story hands in where forms find files."""
    inbox = data / "inbox"
    inbox.mkdir()
    (inbox / INBOX_FILE).write_bytes("进展".encode())


class Points:
    """The points that a process reaches, each with its number; at one of them it is killed."""

    def __init__(self, where, log):
        self.during, self._where, self._log, self._seen = "", where, log, Counter()

    def reach(self, what):
        name = f"{self.during} {what}"
        self._seen[name] += 1
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{name} {self._seen[name]}\n")
        if f"{name} {self._seen[name]}" == self._where:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, what, done):
        """Return a function that reaches a point before and another after it has done something."""

        def pointed(*given, **named):
            self.reach(f"before {what}")
            result = done(*given, **named)
            self.reach(f"after {what}")
            return result

        return pointed


@contextmanager
def pointed(engine, points):
    """Give every commit, every message and every file its points."""
    dialect, transport = engine.dialect, Transport(account := SmtpAccount.from_settings(settings()))
    dialect.do_commit = points.around("commit", dialect.do_commit)
    transport.deliver = points.around("DATA", transport.deliver)
    models.files.os.fsync = points.around("file on disk", os.fsync)
    models.files.Path.replace = points.around("file in place", models.files.Path.replace)
    yield transport, account.limits


def story():
    """Play what is not yet on record."""
    engine = own_engine()
    if os.environ.get("STORY_FORGETS"):
        acts.answered, acts.keep_answer = lambda *_: None, lambda *_: None
    points = Points(os.environ.get("STORY_POINT", ""), settings().data / REACHED)
    with reading(engine) as session:
        today = business_day(business_now(session))
    with pointed(engine, points) as (transport, limits):
        for day in STORY:
            if day >= today:
                play(engine, points, day, lambda: deliver(engine, transport, worker_name(os.getpid()), limits))
    (settings().data / ENDED).touch()


def play(engine, points, day, post):
    """Play one day; what of it is on record already stays as it is."""
    with transaction(engine) as session:
        move_clock(session, business_instant(day, AT))
    for number, deed in enumerate(STORY[day]):
        points.during = deed if isinstance(deed, str) else deed[0]
        act = Act("工作人员1", f"command:story {day} {number}", day, f"story {day} {number}")
        if deed == SCAN:
            scan(engine, day, f"timetable:{day}")
        elif deed == POST:
            post()
        elif deed[0] == "decision":
            meet(engine, act, deed[1])
        else:
            perform(engine, act, deed[0], **deed[1])


def meet(engine, act, outcomes):
    """Decide on the ballot that was made for this meeting, which is made if it is not on record."""
    with transaction(engine) as session:
        made = session.exec(select(Ballot.code).where(Ballot.made_by == act.origin)).first()
        code = made or judging.make_ballot(session, act, COHORT, PHASE).code
    with transaction(engine) as session:
        verdicts = judging.Verdicts(judging.Meeting("党委会", act.on, "会议纪要"), outcomes, dict.fromkeys(outcomes, "核对"))
        judging.apply_ballot(session, act, code, verdicts)
