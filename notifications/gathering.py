"""Making up mails: planned lines grouped into one mail per mailbox and day, and their bytes made when they are to leave."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count

import sqlalchemy as sa
from sqlmodel import Session, col, select

from config.clock import business_day
from config.vocabulary import MAIL_CLASS, MailClass, MailKind, RecipientRole
from models.loading import load_calendar, load_world
from models.rules.duties import Duty, cached_duties, outstanding
from models.rules.reminders import arm
from models.rules.snapshot import World
from models.tables import Mail, Reminder
from notifications import defence, handling, sending
from notifications.addresses import PERSON, Address, LineOf, addresses_of, resolve_person
from notifications.catalogue import LetterFaultError
from notifications.compose import calendar_for, letter_for
from notifications.enclosing import Enclose, nothing
from notifications.outbox import KEYS_MAX, UNSENT, cancel_empty, drop, freeze, give_up_at, has_lines, leaves_at, new_mail
from notifications.render import TemplateFaultError

GROUPS = {MailKind.REMINDER: "remind", MailKind.URGENT_REMINDER: "remind", MailKind.OFFICE_LIST: "list", MailKind.DIGEST: "list"}
"""Kinds that share one mail; the others each have their own. The list of work holds the list of the missing (decision 0013)."""
STRENGTH = (MailKind.URGENT_REMINDER, MailKind.REMINDER, MailKind.DIGEST, MailKind.OFFICE_LIST)
ENDED = "任务已完成或不再需要"
WAIT_MAX = timedelta(days=14)
"""No rule puts a mail off longer: the longest holidays last nine days."""


Groups = dict[tuple[str, str, str, datetime], list[Reminder]]
"""Cohort, group of kinds, mailbox and instant → the lines of one mail."""


class Desk:
    """What one round looks at again and again, read once per transaction: worlds, open duties, addresses."""

    def __init__(self, session: Session, now: datetime, enclose: Enclose = nothing) -> None:
        """Read nothing yet; ``enclose`` makes the documents that go with a letter."""
        self.session = session
        self.now = now
        self.enclose = enclose
        self.calendar = load_calendar(session)
        self._worlds: dict[str, World] = {}
        self._open: dict[str, tuple[dict[str, Duty], frozenset[str]]] = {}
        self._addresses: dict[LineOf, Address | None] = {}
        self._people: dict[str, Address | None] = {}
        self._told: dict[tuple[str, str, str], bool] = {}

    def world(self, cohort: str) -> World:
        """Return a cohort as it stands."""
        if cohort not in self._worlds:
            self._worlds[cohort] = load_world(self.session, cohort)
        return self._worlds[cohort]

    def know(self, lines: Iterable[Reminder]) -> None:
        """Look up where all these lines go, in a few queries."""
        wanted = dict.fromkeys(_line_of(line) for line in lines if line.role != RecipientRole.PERSON)
        self._addresses |= addresses_of(self.session, [key for key in wanted if key not in self._addresses], business_day(self.now))

    def address(self, line: Reminder) -> Address | None:
        """Return where a line goes today."""
        if line.role == RecipientRole.PERSON:
            return self._of_person(line.details.get(PERSON, ""))
        key = _line_of(line)
        if key not in self._addresses:
            self.know([line])
        return self._addresses[key]

    def _of_person(self, code: str) -> Address | None:
        if code not in self._people:
            self._people[code] = resolve_person(self.session, code)
        return self._people[code]

    def ended(self, line: Reminder) -> bool:
        """Return whether a line's duty is done or has another deadline by now; the office's list ends with the phase's last duty."""
        if line.kind == MailKind.DEFENCE_PANEL:
            return self.address(line) is None or defence.nothing_to_hear(self.session, self.world(line.cohort), line)
        if line.kind in handling.KINDS:  # a person without a mailbox has the office's own list
            return self.address(line) is None or self._nothing_left(line)
        if line.duty is None and line.kind != MailKind.OFFICE_LIST:
            return False
        duties, phases = self._open_now(line.cohort)
        if line.duty is None:
            return line.phase not in phases
        duty = duties.get(line.duty)
        return duty is None or arm(duty) not in line.key

    def _nothing_left(self, line: Reminder) -> bool:
        """Return whether a list to a person who handles would say nothing; each list is made up once a round."""
        key = (line.cohort, line.phase, line.details.get(PERSON, "") if line.kind == MailKind.PANEL_REMINDER else "")
        if key not in self._told:
            today = business_day(self.now)
            self._told[key] = handling.anything(self.session, self.world(line.cohort), self.calendar, line, today)
        return not self._told[key]

    def due_on(self, line: Reminder) -> date | None:
        """Return the deadline that a line is about, if it is about one that still counts."""
        duty = self._open_now(line.cohort)[0].get(line.duty or "")
        return duty.due_on if duty else None

    def _open_now(self, cohort: str) -> tuple[dict[str, Duty], frozenset[str]]:
        if cohort not in self._open:
            owed = outstanding(cached_duties(self.world(cohort), self.calendar))
            self._open[cohort] = {duty.key: duty for duty in owed}, frozenset(duty.phase for duty in owed)
        return self._open[cohort]


def _line_of(line: Reminder) -> LineOf:
    return line.kind, line.unit, line.role


def make_up(session: Session, now: datetime) -> int:
    """Group planned lines into mails, one per mailbox, day, cohort and kind of letter; drop lines whose duty has ended.

    A decision that waited for somebody to write to has a letter of its own.
    """
    query = select(Reminder).where(
        col(Reminder.mail_id).is_(None), col(Reminder.dropped_because).is_(None), Reminder.planned_on <= business_day(now)
    )
    desk = Desk(session, now)
    groups: Groups = defaultdict(list)
    addresses: dict[str, Address] = {}
    found = session.exec(query.order_by(col(Reminder.key)).with_for_update()).all()  # a second worker waits, then finds them taken
    for line in _still_owed(desk, found):
        address = desk.address(line)
        if address is not None:
            at = leaves_at(desk.world(line.cohort).plan, desk.calendar, line.kind, line.planned_on, now)
            addresses[address.email] = address
            alone = MAIL_CLASS[line.kind] == MailClass.DECIDE
            groups[line.cohort, line.key if alone else GROUPS.get(line.kind, line.kind.value), address.email, at].append(line)
    made = _new_mails(session, desk, groups, addresses)
    session.add_all(made)
    session.flush()
    for mail, lines in zip(made, groups.values(), strict=True):
        for line in lines:
            line.mail_id = mail.id
            session.add(line)
    session.flush()
    return len(groups)


def _still_owed(desk: Desk, lines: Sequence[Reminder]) -> list[Reminder]:
    """Drop the lines whose duty has ended; return the others, their addresses looked up."""
    ended = [line for line in lines if desk.ended(line)]
    for line in ended:
        drop(desk.session, line, ENDED)
    gone = {line.id for line in ended}
    left = [line for line in lines if line.id not in gone]
    desk.know(left)
    return left


def _new_mails(session: Session, desk: Desk, groups: Groups, addresses: Mapping[str, Address]) -> list[Mail]:
    """Return one mail per group, each with a key that is not taken."""
    wanted = [f"{cohort}:{business_day(at)}:{group}:{mailbox}" for cohort, group, mailbox, at in groups]
    taken, made = _taken(session, wanted), []
    for key, ((_, _, mailbox, at), lines) in zip(wanted, groups.items(), strict=True):
        kind = next((k for k in STRENGTH if any(line.kind == k for line in lines)), lines[0].kind)
        free = _free_key(session, key, taken) if key in taken else key
        taken.add(free)
        mail = new_mail(free, kind, addresses[mailbox], at)
        mail.expires_at = give_up_at(at, min((due for line in lines if (due := desk.due_on(line))), default=None), desk.calendar)
        made.append(mail)
    return made


def _taken(session: Session, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), KEYS_MAX):
        found.update(session.exec(select(Mail.key).where(col(Mail.key).in_(keys[start : start + KEYS_MAX]))))
    return found


def _free_key(session: Session, key: str, taken: Collection[str]) -> str:
    """Return the key with the first number behind it that is free."""
    used = {*taken, *session.exec(select(Mail.key).where(col(Mail.key).startswith(f"{key}:", autoescape=True)))}
    return next(name for n in count(2) if (name := f"{key}:{n}") not in used)


def is_waiting_now(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition of a mail that a round must look at: due, or put off longer than any rule would."""
    return sa.and_(col(Mail.state).in_(UNSENT), sa.or_(col(Mail.not_before) <= now, _too_far(now)))


def _too_far(now: datetime) -> sa.ColumnElement[bool]:
    return col(Mail.not_before) > now + WAIT_MAX


def put_right(session: Session, now: datetime, *, all_waiting: bool = False) -> None:
    """Bring forward what a clock that ran far ahead has put off, or with ``all_waiting`` ahead at all; it has been set right meanwhile.

    What was made up of lines is made up anew: by that clock lines of different months were due together, and went into one mail.
    What has no lines, a copy that a person has ordered, is due at once.
    """
    desk, undone = Desk(session, now), set()
    found = (
        sa.or_(_too_far(now), sa.and_(col(Mail.id).in_(select(Reminder.mail_id)), col(Mail.not_before) > now))
        if all_waiting
        else _too_far(now)
    )
    for mail in session.exec(select(Mail).where(col(Mail.state).in_(UNSENT), found)).all():
        lines = session.exec(select(Reminder).where(Reminder.mail_id == mail.id)).all()
        if lines and mail.mail_class != MailClass.DECIDE and not mail.tries:
            undone.add(mail.id or 0)
            continue
        at = now
        if lines:
            plan, day = desk.world(lines[0].cohort).plan, max(line.planned_on for line in lines)
            at = leaves_at(plan, desk.calendar, mail.kind, day, now)
        if at < mail.not_before:
            mail.expires_at = mail.expires_at and at + (mail.expires_at - mail.not_before)
            mail.not_before = at
            session.add(mail)
    session.execute(sa.update(Reminder).where(col(Reminder.mail_id).in_(undone)).values(mail_id=None))
    cancel_empty(session, undone)
    session.flush()


def prepare_all(desk: Desk, batch: Sequence[sending.Claimed]) -> list[tuple[sending.Claimed, bytes]]:
    """Return what is to be sent of a batch, with its bytes; mails, lines and addresses are read at once, letters written one by one."""
    ids = [held.id for held in batch]
    mails = {mail.id: mail for mail in desk.session.exec(select(Mail).where(col(Mail.id).in_(ids)))}
    mine = (col(Reminder.mail_id).in_(ids), col(Reminder.dropped_because).is_(None))
    lines: dict[int | None, list[Reminder]] = {held.id: [] for held in batch}
    for line in desk.session.exec(select(Reminder).where(*mine).order_by(col(Reminder.key))):
        lines[line.mail_id].append(line)
    over = {h.id for h in batch if h.resends and has_lines(desk.session, mails[h.id]) and all(map(desk.ended, lines[h.id]))}
    for id_ in over:
        sending.no_second_copy(desk.session, mails[id_])
    frozen = {id_: mime for id_ in ids if id_ not in over and (mime := _frozen(desk.session, mails[id_])) is not None}
    desk.know(line for id_ in ids if id_ not in frozen for line in lines[id_] if not desk.ended(line))
    done = frozen.keys() | over
    written = {h.id: found for h in batch if h.id not in done and (found := _written(desk, h, mails[h.id], lines[h.id]))}
    _store(desk.session, [(held, *written[held.id]) for held in batch if held.id in written])
    whole = frozen | {id_: mime for id_, (_, mime) in written.items()}
    return [(held, whole[held.id]) for held in batch if held.id in whole]


def _store(session: Session, written: Sequence[tuple[sending.Claimed, str, bytes]]) -> None:
    """Keep what is about to be sent, before the intent: every attempt from now on sends the same."""
    session.flush()
    if written:
        rows = [{"held": held.id, "at_epoch": held.epoch, "told": subject, "bytes": mime} for held, subject, mime in written]
        session.connection().execute(_WRITTEN, rows)
        session.expire_all()


_MAIL = Mail.__table__  # type: ignore[attr-defined]
_WRITTEN = (
    sa.update(_MAIL)
    .where(_MAIL.c.id == sa.bindparam("held"), _MAIL.c.epoch == sa.bindparam("at_epoch"))
    .values(subject=sa.bindparam("told"), mime=sa.bindparam("bytes"))
)


def _frozen(session: Session, mail: Mail) -> bytes | None:
    """Return the bytes of a mail that goes byte for byte: a decision, a copy that a person has ordered, what may have left."""
    if mail.mime is not None and (mail.mail_class == MailClass.DECIDE or mail.resends > 0 or not has_lines(session, mail)):
        return mail.mime
    return None


def _written(desk: Desk, held: sending.Claimed, mail: Mail, lines: Sequence[Reminder]) -> tuple[str, bytes] | None:
    """Return subject and bytes of a mail that tells today's facts, however long it waited; None when nothing is left or it is held."""
    session, now = desk.session, desk.now
    kept = _kept_lines(desk, mail, lines)
    if not kept:
        sending.cancel(session, held, business_day(now))
        cancel_empty(session, {held.id})
        return None
    address = desk.address(kept[0])
    assert address is not None  # noqa: S101 - such lines are not kept
    world = desk.world(kept[0].cohort)
    try:
        letter = letter_for(session, world, desk.calendar, mail.kind, kept, address, now)
        enclosures = desk.enclose(session, world, desk.calendar, mail.kind, kept, business_day(now))
        return freeze(mail, letter, kept, now, calendar_for(world, desk.calendar, mail.kind, kept, address, now), enclosures)
    except (TemplateFaultError, LetterFaultError) as fault:
        sending.hold(session, held, str(fault), now)
        return None


def _kept_lines(desk: Desk, mail: Mail, lines: Sequence[Reminder]) -> list[Reminder]:
    """Return the lines that still hold and still go to this mailbox, and let go of the others."""
    kept = []
    for line in lines:
        if desk.ended(line):
            drop(desk.session, line, ENDED)
        elif (address := desk.address(line)) and (address.email == mail.mailbox or mail.mail_class == MailClass.DECIDE):
            kept.append(line)
        else:
            line.mail_id = None  # the contact has changed: the line is made up anew for the new address
            desk.session.add(line)
    return kept
