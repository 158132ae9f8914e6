"""The judge: the server's ledger against our database. Returns flaws in words; an empty list is the verdict that was hoped for."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import select

from config.vocabulary import AttemptPhase, MailClass, MailState, TaskKind
from models.history import verify
from models.store import reading
from models.tables import Attempt, Mail, Reminder, Task

OVER = (MailState.SENT, MailState.UNKNOWN, MailState.CANCELLED, MailState.FAILED)
ANSWERS = frozenset(AttemptPhase) - {AttemptPhase.INTENT}


@dataclass
class Verdict:
    """Figures and flaws of one run."""

    flaws: list = field(default_factory=list)
    mails: Counter = field(default_factory=Counter)
    """By class and state."""
    lost_attempts: int = 0
    extra: Counter = field(default_factory=Counter)
    """Copies beyond the first, by class."""
    unknown_but_accepted: int = 0

    def __str__(self):
        mails = ", ".join(f"{kind.value} {state.value} {n}" for (kind, state), n in sorted(self.mails.items()))
        extra = " ".join(f"{kind.value} {n}" for kind, n in sorted(self.extra.items())) or "none"
        return f"{mails}; unknown events {self.lost_attempts}, unknown in the end and yet accepted {self.unknown_but_accepted}; extra copies: {extra}"


def judge(engine, ledger, expected_lines=frozenset()):
    """Compare what the server accepted with what we have on record; ``expected_lines`` are the keys that must have been planned."""
    with reading(engine) as session:
        mails = session.exec(select(Mail)).all()
        attempts = defaultdict(list)
        for attempt in session.exec(select(Attempt)):
            attempts[attempt.mail_id].append(attempt)
        open_tasks = set(session.exec(select(Task.key).where(Task.done_on.is_(None))))
        lines = session.exec(select(Reminder)).all()
        broken = verify(session)
        if engine.dialect.name == "sqlite":
            broken += [row for (row,) in session.execute(sa.text("PRAGMA integrity_check")) if row != "ok"]
    verdict = Verdict(flaws=list(broken))
    for mail in mails:
        _one(verdict, mail, attempts[mail.id], ledger.accepted.get(mail.message_id, []), open_tasks)
    verdict.flaws += [
        f"{known} was accepted, and we know nothing of it" for known in ledger.accepted.keys() - {m.message_id for m in mails}
    ]
    _lines(verdict, lines, {mail.id: mail for mail in mails}, expected_lines)
    return verdict


def _one(verdict, mail, attempts, copies, open_tasks):
    phases = Counter(attempt.phase for attempt in attempts)
    lost, intents, number = phases[AttemptPhase.LOST], phases[AttemptPhase.INTENT], len(copies)
    verdict.mails[mail.mail_class, mail.state] += 1
    verdict.lost_attempts += lost
    if number > 1:
        verdict.extra[mail.mail_class] += number - 1
    verdict.unknown_but_accepted += mail.state == MailState.UNKNOWN and number > 0
    most = 1 + lost if mail.mail_class == MailClass.REMIND else 1
    found = {
        f"state {mail.state}": mail.state not in OVER,
        "sent, and the server has nothing": mail.state == MailState.SENT and not number,
        f"{mail.state}, and the server has it": mail.state in (MailState.CANCELLED, MailState.FAILED) and number,
        f"{number} copies, {lost} unknown": number > most,
        f"{number} copies by {intents} intents": number > intents,
        "copies differ": len(set(copies)) > 1,
        "unknown without a task": mail.state == MailState.UNKNOWN and f"{TaskKind.CONFIRM_DELIVERY}:{mail.key}" not in open_tasks,
        "sent, and its task is open": mail.state == MailState.SENT and f"{TaskKind.CONFIRM_DELIVERY}:{mail.key}" in open_tasks,
        "an intent without an answer, or an answer without an intent": _epochs(attempts, {AttemptPhase.INTENT})
        != _epochs(attempts, ANSWERS),
    }
    verdict.flaws += [f"{mail.key} ({mail.mail_class}): {flaw}" for flaw, there in found.items() if there]


def _epochs(attempts, phases):
    return {attempt.epoch for attempt in attempts if attempt.phase in phases}


def _lines(verdict, lines, mails, expected):
    planned = {line.key for line in lines}
    verdict.flaws += [f"line {key} was never planned" for key in sorted(expected - planned)]
    gone = (MailState.SENT, MailState.UNKNOWN)
    for line in lines:
        mail = mails.get(line.mail_id)
        if line.dropped_because is None and (mail is None or mail.state not in gone):
            verdict.flaws.append(f"line {line.key} is in no mail that left")
