"""Two senders, two scans and two people at once: the people hold, release, resend, suspend, resume and change contacts at random."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
import sqlalchemy as sa
from sqlmodel import select

from config.vocabulary import ContactRole, MailState
from flows.steps.daily import scan
from flows.steps.errors import ActError
from flows.steps.mailing import ENDED_BADLY, hold_mail, release_mail, resend_mail
from flows.steps.standing import change_contact, resume, suspend
from models.history import Act, MovedError
from models.rules.lifecycle import IllegalMoveError
from models.store import reading, transaction
from models.tables import Mail, Reminder
from notifications import gate
from notifications.delivery import deliver
from notifications.transport import SmtpAccount, Transport
from tests.crash.judge import judge
from tests.crash.ledger import Ledger
from tests.crash.scene import BRANCHES, Scene
from tests.marks import size
from tests.postman import told

pytestmark = [pytest.mark.trust, pytest.mark.timeout(size(300, 3600))]
ACTS, ROUNDS_MAX = 25, 12
"""What each person does in a round; rounds, until lines were withdrawn while they were under way."""
EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"kills-{name}")) for name in ("sqlite", "postgresql")]


def someone(seed, scene, stop):
    """A person with a will of their own; a refusal is an answer, anything else a fault."""
    chance = random.Random(seed)
    try:
        for number in range(ACTS):
            time.sleep(chance.uniform(0, 0.05))
            act = Act("工作人员1", f"command:test{seed}", scene.day)
            with suppress(ActError, IllegalMoveError, MovedError), transaction(scene.engine) as session:
                order(chance, session, act, number)
    finally:
        stop.set()


def order(chance, session, act, number):
    project = f"2025-{chance.choice(BRANCHES)}"
    failed = session.exec(select(Mail.id).where(Mail.state.in_(ENDED_BADLY)).order_by(Mail.id)).all()
    what = "suspend" if number == 0 else chance.choice(("hold", "release", "release", "resend", "resend", "suspend", "resume", "contact"))
    if what == "hold":
        hold_mail(session, act, "核对")
    elif what == "release":
        release_mail(session, act, "核对完毕")
    elif what == "resend" and failed:
        resend_mail(session, act, failed[0], "再发")
    elif what in ("suspend", "resume"):
        {"suspend": suspend, "resume": resume}[what](session, act, project, "试")
    elif what == "contact":
        change_contact(session, act, project.partition("-")[2], ContactRole.CONTACT, "新人", f"new{number}@university.example")


def work(what, stop, *given):
    try:
        while not stop.is_set():
            what(*given)
            time.sleep(0.02)
    finally:
        stop.set()


def run_all(scene, url, seeds):
    """Everybody at once until the first person has gone home; an error of anyone is an error of the test."""
    stop = Event()
    senders = [(deliver, stop, scene.engine, Transport(SmtpAccount.from_url(url)), f"sender{n}") for n in range(2)]
    scans = [(scan, stop, scene.engine, scene.day, f"timetable:{n}") for n in range(2)]
    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(someone, seed, scene, stop) for seed in seeds]
        done += [pool.submit(work, *given) for given in (*senders, *scans)]
        for one in done:
            one.result()


def calm(scene, url):
    """Let everything leave that may."""
    with transaction(scene.engine) as session:
        gate.release(session)
    while not scene.drained():
        deliver(scene.engine, Transport(SmtpAccount.from_url(url)), "last")


def lines_withdrawn(engine):
    """Lines that were in a mail already when they were withdrawn."""
    with reading(engine) as session:
        return session.exec(select(Reminder).where(Reminder.dropped_because.is_not(None), Reminder.mail_id.is_not(None))).all()


@pytest.mark.parametrize("office", EACH, indirect=True)
def test_whatever_people_order_meanwhile_nothing_is_lost_doubled_or_told_after_it_was_withdrawn(office, figures):
    scene = Scene(office)
    for _ in range(3):
        scene.next_day()
    scene.feed(60)
    with transaction(office) as session:
        wrong = session.exec(select(Mail).where(Mail.id % 5 == 0)).all()
        for mail in wrong:
            mail.mailbox = f"no{mail.mailbox}"
    with Ledger(0.005, 7, refused="no") as ledger:
        for number in range(ROUNDS_MAX):
            run_all(scene, ledger.url, (2 * number + 1, 2 * number + 2))
            calm(scene, ledger.url)
            if withdrawn := lines_withdrawn(office):
                break
            scene.next_day()
    verdict = judge(office, ledger)
    with reading(office) as session:
        mails = session.exec(select(Mail)).all()
        twice = session.execute(sa.select(Reminder.key).group_by(Reminder.key).having(sa.func.count() > 1)).all()
    texts = {mail.id: ledger.texts[mail.message_id] for mail in mails if mail.state == MailState.SENT}
    copies = [mail for mail in mails if ":resend" in mail.key]
    figures(f"{office.dialect.name}: people and senders at once: {len(copies)} copies ordered, {len(withdrawn)} lines withdrawn; {verdict}")
    assert verdict.flaws == []
    assert twice == []
    assert copies
    assert withdrawn
    for line in withdrawn:
        lines = told("", texts[line.mail_id]) if line.mail_id in texts else []
        assert (line.kind, line.project, line.deliverable, line.rung) not in [(one.kind, one.project, one.paper, one.rung) for one in lines]
