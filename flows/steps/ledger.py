"""Every mail and transition by day: what a rehearsal prints and what a run leaves behind, in one shape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from config.vocabulary import MailState
from models.rules.lifecycle import MOVES
from models.tables import Event, Mail, Reminder

Line = Mapping[str, Any]
FIELDS = (
    "on", "what", "mail", "kind", "project", "unit", "phase", "deliverable", "rung", "recipient", "event", "from", "to", "clause",
)  # fmt: skip
"""Keys of every line, in order (version 1 of the format)."""

_MOVING = {(row.machine, row.source, row.event) for row in MOVES}


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in the history: what was there before a rehearsal began."""

    events: int = 0
    mails: int = 0


def mark(session: Session) -> Mark:
    """Return where the history stands now."""
    events = session.exec(select(func.count()).select_from(Event)).one()
    return Mark(events, session.exec(select(func.coalesce(func.max(Mail.id), 0))).one() or 0)


def lines(session: Session, since: Mark = Mark()) -> list[Line]:
    """Return mails sent and moves made after a mark, ordered by day."""
    found = [*_moves(session, since), *_mails(session, since)]
    return sorted(found, key=lambda line: tuple(str(line[name] or "") for name in FIELDS))


def _moves(session: Session, since: Mark) -> Iterable[Line]:
    events = session.exec(select(Event).order_by(col(Event.recorded_at), col(Event.stream), col(Event.seq))).all()
    for event in events[since.events :]:
        if (event.machine, event.source, event.event) in _MOVING:
            yield transition_line(event)


def transition_line(event: Event) -> Line:
    """Return the line of one move."""
    name = event.stream.partition(":")[2]
    project, deliverable = _subject(event, name)
    return _line(
        on=event.effective_on.isoformat(),
        what="transition",
        kind=event.machine.value,
        project=project,
        unit=name if event.machine == "unit" else None,
        cohort=project.split("-")[0] if project else name if event.machine == "cohort" else None,
        phase=event.payload.get("phase"),
        deliverable=deliverable,
        event=event.event,
        **{"from": event.source, "to": event.target},
        clause=event.clause,
    )


def _subject(event: Event, name: str) -> tuple[str | None, str | None]:
    project, _, rest = name.partition("/")
    if event.machine == "submission":
        return project, rest.partition("/")[0]
    return (project if event.machine in ("project", "rectification") else None), None


def _mails(session: Session, since: Mark) -> Iterable[Line]:
    query = select(Reminder, Mail).join(Mail).where(Mail.state == MailState.SENT, col(Mail.id) > since.mails)
    for reminder, mail in session.exec(query):
        yield mail_line(mail.send_on.isoformat(), mail.key, mail.mailbox, reminder.model_dump(mode="json"))


def mail_line(on: str, mail: str, recipient: str, line: Mapping[str, Any]) -> Line:
    """Return the line of one planned line that a mail carried."""
    same = {name: line.get(name) or None for name in ("cohort", "kind", "project", "unit", "phase", "deliverable", "rung", "clause")}
    return _line(on=on, what="mail", mail=mail, recipient=recipient, **same)


def _line(**values: Any) -> Line:
    return {name: values.get(name) for name in (*FIELDS, "cohort")}
