"""Who did it: one-time codes (TOTP, RFC 6238) behind acts that count. The doors ask, the acts do not (decision 0008).

A door calls ``signed``, or, with a transaction of its own, ``check`` before it and ``confirm`` inside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyotp
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from config import clock
from config.identity import CODE_TITLE, DIGITS, ISSUER, NEEDS_CODE, WRONG_CODES
from config.vocabulary import AuthMethod
from flows.steps.conflicts import conflicts_kept
from flows.steps.errors import ActError, refuse
from flows.steps.people import admin_in_office
from models.history import Act, record_event
from models.rules.codes import digits_of, locked_until, matching_step
from models.sealing import SealingError, seal, unseal
from models.store import transaction
from models.tables import Credential, FailedCode, Person, UsedCode


@dataclass(frozen=True, slots=True)
class Claim:
    """What was typed into a door; the digits are in no representation of it."""

    person: str
    code: str = field(repr=False)
    submitted_at: datetime
    """When the server received the form (aware): never a time that the person typing can choose."""
    origin: str
    """What tells this run from every other one, as ``flow-run:<id>``; only a repetition of the same run has it again."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim whose code was right, not used up yet."""

    person: str
    step: int
    issued_at: datetime
    origin: str


def asks_for_code(session: Session, act: str) -> bool:
    """Return whether an act needs a code: from the first code ever issued, and then for everyone."""
    return act in NEEDS_CODE and session.exec(select(Credential.person_id).limit(1)).first() is not None


def issue(session: Session, act: Act, person_code: str) -> str:
    """Give a person a fresh secret (160 bits), replacing any older one; returns the URI for the authenticator app, once."""
    person = admin_in_office(session, person_code)
    secret = pyotp.random_base32()
    row = session.get(Credential, person.id) or Credential(person_id=person.id or 0, sealed="", issued_at=clock.now())
    replaces = bool(row.sealed)
    row.sealed, row.issued_at, row.revoked_at = seal(f"{person.id}:{secret}"), clock.now(), None
    session.add(row)
    record_event(session, person, "issue_code", act, {"replaces": replaces})
    return pyotp.TOTP(secret).provisioning_uri(name=f"{person.code} {person.name}", issuer_name=ISSUER)


def check(engine: Engine, claim: Claim) -> Proof:
    """Check a code in a transaction of its own, in which a wrong one is counted; one person's codes are checked one by one."""
    with transaction(engine) as session:
        person = admin_in_office(session, claim.person)
        credential = _credential(session, person, lock=True)
        digits = _digits(claim)
        _refuse_old_or_locked(session, person, credential, claim.submitted_at)
        step = matching_step(_secret(person, credential), digits, claim.submitted_at)
        if step is None:
            session.add(FailedCode(person_id=person.id or 0, submitted_at=claim.submitted_at, origin=claim.origin))
    if step is None:
        raise refuse(f"{CODE_TITLE}不对", f"请核对办理人是否为 {claim.person}、手机时间是否准确，待数字更新后用新的口令重新提交")
    return Proof(person.code, step, credential.issued_at, claim.origin)


def confirm(session: Session, proof: Proof) -> AuthMethod:
    """Use the code up in the act's own transaction: the primary key decides a race, and a refused act uses nothing up."""
    person = admin_in_office(session, proof.person)
    if _credential(session, person).issued_at != proof.issued_at:
        raise refuse(f"{person.code} {person.name}的{CODE_TITLE}刚刚重新发放", "请用新的口令重新提交")
    used = session.get(UsedCode, (person.id, proof.step))
    if used is None:
        _use(session, person, proof)
    elif used.origin != proof.origin:
        raise _already_used()
    return AuthMethod.ONE_TIME_CODE


@contextmanager
def signed(engine: Engine, act: Act, claim: Claim | None) -> Iterator[tuple[Session, Act]]:
    """Give the session and the act, with its method, for one transaction; without a claim the person is declared."""
    proof = check(engine, claim) if claim else None
    with conflicts_kept(engine, replace(act, actor=proof.person if proof else act.actor)), transaction(engine) as session:
        method = confirm(session, proof) if proof else AuthMethod.DECLARED
        yield session, replace(act, actor=proof.person if proof else act.actor, auth_method=method)


def _use(session: Session, person: Person, proof: Proof) -> None:
    try:
        with session.begin_nested():
            session.add(UsedCode(person_id=person.id or 0, step=proof.step, origin=proof.origin, used_at=clock.now()))
    except IntegrityError:
        raise _already_used() from None


def _already_used() -> ActError:
    return refuse(f"这个{CODE_TITLE}已经用过", "每个口令只能用一次，请等验证器换出新数字后重新提交")


def _credential(session: Session, person: Person, *, lock: bool = False) -> Credential:
    query = select(Credential).where(Credential.person_id == person.id)
    row = session.exec(query.with_for_update() if lock else query).first()
    if row is None or row.revoked_at is not None:
        state = "尚未发放" if row is None else "已停用"
        raise refuse(f"{person.code} {person.name}的{CODE_TITLE}{state}", f"请在服务器上运行 creation admin code {person.code} 发放")
    return row


def _digits(claim: Claim) -> str:
    digits = digits_of(claim.code)
    if digits is None:
        raise refuse(f"{CODE_TITLE}须为 {DIGITS} 位数字", "请填写手机验证器上当前显示的数字")
    return digits


def _refuse_old_or_locked(session: Session, person: Person, credential: Credential, submitted_at: datetime) -> None:
    if submitted_at < credential.issued_at:
        raise refuse(f"提交之后，{person.code} {person.name}的{CODE_TITLE}已重新发放", "请用新的口令重新提交")
    wrong = select(FailedCode.submitted_at).where(FailedCode.person_id == person.id, col(FailedCode.submitted_at) >= credential.issued_at)
    until = locked_until(session.exec(wrong), submitted_at)
    if until is not None:
        told = f"{until.astimezone(clock.BUSINESS_ZONE):%H:%M:%S}"
        raise refuse(
            f"{person.code} {person.name}的{CODE_TITLE}已连续输错 {WRONG_CODES} 次", f"请在 {told} 以后重新提交；如非本人所为，请查明"
        )


def _secret(person: Person, credential: Credential) -> str:
    """Return the secret; the seal holds its owner too, so that a row copied to someone else opens nothing."""
    owner, _, secret = unseal(credential.sealed).partition(":")
    if owner != str(person.id):
        msg = f"{person.code} 的动态口令被换成了别人的；请立即查明，并用 creation admin code {person.code} 重新发放"
        raise SealingError(msg)
    return secret
