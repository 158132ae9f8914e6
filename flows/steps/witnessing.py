"""Once a day: the history is checked, the list of its heads signed, kept, and mailed to whoever keeps it outside (decision 0028)."""

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from config import clock
from config.settings import settings
from config.vocabulary import MailKind, TaskKind
from flows.steps.notices import notify_office
from models.business_clock import business_now
from models.heads import contradictions, keep_list, list_path, newest_list
from models.history import verify
from models.loading import newest_open_cohort
from models.signing import SigningError, has_key
from models.store import insert_into, reading, transaction
from models.tables import Mail
from models.verifier import UnreadableError, parse_list
from notifications.addresses import Address
from notifications.letter import Letter, Office
from notifications.message import MessageError
from notifications.outbox import freeze, new_mail
from notifications.tasks import leave_task

SHOWN_MAX = 3


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What came of a day: the flaws found (then nothing is signed), and whether a list is there."""

    flaws: tuple[str, ...] = ()
    signed: bool = False


def witness(engine: Engine, on: date) -> Witnessed:
    """Check the history, and sign and mail the day's list, once; the office is told of every flaw, and a flawed history is not signed."""
    known = has_key() and list_path(settings().data, on).is_file()
    flaws = () if known else flaws_of(engine)
    try:
        if not flaws:
            return sign_day(engine, on) if has_key() else Witnessed()
    except (SigningError, UnreadableError) as error:
        flaws = (str(error),)
    except MessageError as error:  # the list is signed and kept
        _tell_not_mailed(engine, on, error)
        return Witnessed(signed=True)
    _tell(engine, on, flaws)
    return Witnessed(flaws)


def flaws_of(engine: Engine, *, in_itself: bool = False) -> tuple[str, ...]:
    """Return what is wrong with the history in itself, and, unless only that is asked, against the list that was signed last."""
    with reading(engine) as session:
        return (*verify(session), *(() if in_itself else against_lists(session)))


def against_lists(session: Session) -> tuple[str, ...]:
    """Return what the list that was signed last says otherwise; a list that cannot be read says nothing, and that is a flaw."""
    try:
        last = newest_list(settings().data)
    except UnreadableError as error:
        return (str(error),)
    return tuple(contradictions(session, last)) if last else ()


def sign_day(engine: Engine, on: date, restart: str = "") -> Witnessed:
    """Sign the list of a day and put it into the outbox; both once, however often it is asked for."""
    content = keep_list(engine, settings().data, on, clock.now(), restart)
    if settings().auditor_email:
        with transaction(engine) as session:
            _mail(session, on, content)
    return Witnessed(signed=True)


def _mail(session: Session, on: date, content: bytes) -> None:
    """Put the list into the outbox with its bytes as they are: it goes at once, and again if its fate is unknown."""
    given, now, told = settings(), business_now(session), parse_list(content.decode())
    office = Office(given.office_name, given.office_phone, given.office_email, given.office_room)
    address = Address(given.auditor_email, "", None, "审计人员")
    mail = new_mail(f"{MailKind.HEADS_LIST}:{on}", MailKind.HEADS_LIST, address, now)
    digest = hashlib.sha256(told.text.encode()).hexdigest()
    marks = (f"清单的校验值 {digest}", f"上一份清单的校验值 {told.told['previous'] or '（无）'}", f"公钥 {told.key}")
    letter = Letter(
        kind=MailKind.HEADS_LIST, salutation=address.salutation, office=office, notice_title="", cohort_title="", signed_on=on,
        extra={"day": f"{on}", "streams": f"{told.told['streams']}", "events": f"{told.told['events']}", "marks": marks},
    )  # fmt: skip
    mail.subject, mail.mime = freeze(mail, letter, (), now, None, {list_path(given.data, on).name: content})
    rows = insert_into(session, Mail).values(mail.model_dump(exclude={"id"}))
    session.execute(rows.on_conflict_do_nothing(index_elements=["key"]))


def newest_letter(session: Session) -> Mail | None:
    """Return the letter with the newest list that went into the outbox."""
    return session.exec(select(Mail).where(Mail.kind == MailKind.HEADS_LIST).order_by(col(Mail.id).desc()).limit(1)).first()


def _tell_not_mailed(engine: Engine, on: date, error: MessageError) -> None:
    text = f"{on} 的签名清单已保存，但不能寄给审计人员：{error}。请改正 CREATION_AUDITOR_EMAIL 等邮件设置并重新启动，当日清单随即补寄"
    with transaction(engine) as session:
        leave_task(session, TaskKind.RUN_FAILED, "heads_list", text, on, again=True)


def _tell(engine: Engine, on: date, flaws: tuple[str, ...]) -> None:
    more = f" 等 {len(flaws)} 处" if len(flaws) > SHOWN_MAX else ""
    text = f"历史记录未能通过核验和签署：{'；'.join(flaws[:SHOWN_MAX])}{more}。查明前请停止登记并联系维护人员，全部异常见 creation verify"
    with transaction(engine) as session:
        leave_task(session, TaskKind.RUN_FAILED, f"history:{on}", text, on)
        if (cohort := newest_open_cohort(session)) is not None:
            notify_office(session, cohort.code, f"history:{on}", text, on)
