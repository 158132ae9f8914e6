"""Who did it: one-time codes on both databases, through the function that the doors call."""

import logging
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlmodel import SQLModel, select

from config.identity import COMMITTEE_DECISION, NEEDS_CODE
from config.settings import settings
from config.vocabulary import AuthMethod, PersonRole
from flows.steps.acts import ACTS
from flows.steps.errors import ActError
from flows.steps.identity import Claim, asks_for_code, check, confirm, issue, signed
from flows.steps.people import persons, register_person, retire_person, revoke, roster
from models.history import Act, record_event, verify
from models.sealing import SealingError, key_file
from models.store import reading, transaction
from models.tables import Credential, Event, FailedCode, Unit, UsedCode

BY = Act("A02", "command:test", date(2025, 11, 4))
AFTER = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("CREATION_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    yield
    settings.cache_clear()


class Office:
    """Three people and the telephone of the first."""

    def __init__(self, engine):
        self.engine = engine
        with transaction(engine) as session:
            register_person(session, BY, "A01", "王一")
            register_person(session, BY, "A02", "李二")
            register_person(session, BY, "P01", "评三", PersonRole.PANEL)
        self.secret = self.issue()
        with reading(engine) as session:
            self.at = session.exec(select(Credential)).one().issued_at + AFTER

    def issue(self, person="A01"):
        with transaction(self.engine) as session:
            return parse_qs(urlsplit(issue(session, BY, person)).query)["secret"][0]

    def code(self, at=None, drift=0):
        return pyotp.TOTP(self.secret).at(int((at or self.at).timestamp()), counter_offset=drift)

    def claim(self, code=None, person="A01", at=None, origin="flow-run:1"):
        return Claim(person, self.code(at) if code is None else code, at or self.at, origin)

    def wrong(self, at=None, **more):
        totp, step = pyotp.TOTP(self.secret), int((at or self.at).timestamp()) // 30
        near = {totp.generate_otp(step + drift) for drift in (-1, 0, 1)}
        return self.claim(next(code for code in ("000000", "000001", "000002", "000003") if code not in near), at=at, **more)

    def act(self, claim):
        """Do something under a claim: a unit of the run's own name is listed."""
        with signed(self.engine, BY, claim) as (session, by):
            code = f"U{claim.origin}"
            unit = session.exec(select(Unit).where(Unit.code == code)).first()
            if unit is None:
                record_event(session, Unit(code=code, name="某党委", kind="so"), "list", by, {})

    def rows(self, table):
        with reading(self.engine) as session:
            return session.exec(select(table)).all()


@pytest.fixture
def office(empty):
    return Office(empty)


def test_a_right_code_names_the_person_in_the_history(office):
    office.act(office.claim())
    entry = next(e for e in office.rows(Event) if e.stream == "unit:Uflow-run:1")
    assert (entry.actor, entry.auth_method) == ("A01", AuthMethod.ONE_TIME_CODE)
    assert [(row.step, row.origin) for row in office.rows(UsedCode)] == [(int(office.at.timestamp()) // 30, "flow-run:1")]


def test_without_a_claim_the_person_is_declared(office):
    with signed(office.engine, BY, None) as (_, by):
        assert (by.actor, by.auth_method) == ("A02", AuthMethod.DECLARED)


@pytest.mark.parametrize("drift", [-1, 1])
def test_a_step_either_way_is_accepted(office, drift):
    office.act(office.claim(office.code(drift=drift)))
    assert office.rows(UsedCode)[0].step == int(office.at.timestamp()) // 30 + drift


@pytest.mark.parametrize("drift", [-2, 2])
def test_two_steps_away_is_refused(office, drift):
    with pytest.raises(ActError, match="动态口令不对；请核对办理人是否为 A01"):
        office.act(office.claim(office.code(drift=drift)))


def test_a_code_is_used_once(office):
    office.act(office.claim(origin="flow-run:1"))
    with pytest.raises(ActError, match="已经用过；每个口令只能用一次"):
        office.act(office.claim(origin="flow-run:2"))
    assert {unit.code for unit in office.rows(Unit)} == {"Uflow-run:1"}
    office.act(office.claim(at=office.at + AFTER, origin="flow-run:2"))


def test_the_same_run_may_come_again(office):
    for _ in range(3):
        office.act(office.claim())
    assert len(office.rows(UsedCode)) == 1


def test_a_refused_act_does_not_use_the_code_up(office):
    with pytest.raises(ActError, match="表单有误"), signed(office.engine, BY, office.claim()):
        raise ActError("表单有误")
    assert office.rows(UsedCode) == []
    office.act(office.claim(origin="flow-run:2"))


def wait_until_blocked(engine):
    """Until the other transaction waits for ours: PostgreSQL tells, SQLite waits at its BEGIN."""
    if engine.dialect.name == "sqlite":
        sleep(0.3)
        return
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(200):
        with engine.connect() as connection:
            if connection.execute(sa.text(query)).scalar():
                return
        sleep(0.05)
    pytest.fail("the second transaction did not wait for the first")


@pytest.mark.parametrize("first_commits", [True, False])
def test_of_two_transactions_at_once_exactly_one_wins(office, first_commits):
    """Both codes were checked and neither act is committed: only the key of the table is left to decide."""
    first, second = (check(office.engine, office.claim(origin=f"flow-run:{n}")) for n in (1, 2))
    told = []

    def race():
        try:
            with transaction(office.engine) as session:
                told.append(confirm(session, second))
        except ActError as error:
            told.append(str(error))

    thread = Thread(target=race)
    with suppress(ZeroDivisionError), transaction(office.engine) as session:
        confirm(session, first)
        thread.start()
        wait_until_blocked(office.engine)
        if not first_commits:
            raise ZeroDivisionError
    thread.join(20)
    assert told == (["这个动态口令已经用过；每个口令只能用一次，请等验证器换出新数字后重新提交"] if first_commits else ["one_time_code"])
    assert [row.origin for row in office.rows(UsedCode)] == ["flow-run:1" if first_commits else "flow-run:2"]


def test_five_wrong_codes_lock_and_the_right_one_waits(office):
    for second in range(5):
        with pytest.raises(ActError, match="动态口令不对"):
            check(office.engine, office.wrong(at=office.at + timedelta(seconds=second)))
    with pytest.raises(ActError, match=r"已连续输错 5 次；请在 \d\d:\d\d:\d\d 以后重新提交"):
        check(office.engine, office.claim(at=office.at + timedelta(seconds=5)))
    with pytest.raises(ActError, match="已连续输错 5 次"):
        check(office.engine, office.wrong(at=office.at + timedelta(minutes=10, seconds=3)))
    assert len(office.rows(FailedCode)) == 5
    check(office.engine, office.claim(at=office.at + timedelta(minutes=10, seconds=4)))


def test_a_lock_is_one_persons_own(office):
    for second in range(5):
        with pytest.raises(ActError):
            check(office.engine, office.wrong(at=office.at + timedelta(seconds=second)))
    other = office.issue("A02")
    at = datetime.now(UTC) + AFTER
    check(office.engine, office.claim(pyotp.TOTP(other).at(int(at.timestamp())), person="A02", at=at))


def test_wrong_codes_at_once_are_counted_one_by_one(office):
    """Twenty guesses side by side: five are tried, the others are refused unread."""

    def guess(number):
        with pytest.raises(ActError) as refused:
            check(office.engine, office.wrong(origin=f"flow-run:{number}"))
        return str(refused.value).partition("；")[0]

    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(guess, range(20)))
    assert told == {"动态口令不对": 5, "A01 王一的动态口令已连续输错 5 次": 15}
    assert len(office.rows(FailedCode)) == 5


def test_what_is_no_code_is_told_and_not_counted(office):
    for typed in ("", "12345", "abcdef"):
        with pytest.raises(ActError, match="须为 6 位数字"):
            check(office.engine, office.claim(typed))
    assert office.rows(FailedCode) == []


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ("A99", "没有人员“A99”；在岗的工作人员：A01 王一、A02 李二；新人员用 creation admin add 登记"),
        ("P01", "P01 评三是联评组成员，不能办理"),
        ("A02", "A02 李二的动态口令尚未发放；请在服务器上运行 creation admin code A02 发放"),
    ],
)
def test_who_cannot_sign_is_told_why(office, person, told):
    with pytest.raises(ActError, match=told):
        check(office.engine, office.claim(person=person))


def test_a_retired_person_is_refused_even_between_check_and_act(office):
    proof = check(office.engine, office.claim())
    with transaction(office.engine) as session:
        retire_person(session, BY, "A01", "调离")
    with pytest.raises(ActError, match="A01 王一已停用，不能办理"), transaction(office.engine) as session:
        confirm(session, proof)
    with pytest.raises(ActError, match="A01 王一已停用，不能办理；在岗的工作人员：A02 李二"):
        check(office.engine, office.claim(at=office.at + AFTER))
    assert [row.sealed for row in office.rows(Credential)] == [""]
    events = [e.event for e in office.rows(Event) if e.stream == "person:A01"]
    assert events == ["list", "issue_code", "revoke_code", "retire"]
    with reading(office.engine) as session:
        assert verify(session) == []


def test_the_last_admin_cannot_go(office):
    with transaction(office.engine) as session:
        retire_person(session, BY, "A01")
    with pytest.raises(ActError, match="A02 李二是唯一在岗的工作人员"), transaction(office.engine) as session:
        retire_person(session, BY, "A02")
    with transaction(office.engine) as session:
        retire_person(session, BY, "P01")


def test_a_new_code_replaces_the_old_and_what_was_submitted_before_is_void(office):
    old, before = office.claim(), office.claim(at=office.at - 2 * AFTER)
    proof = check(office.engine, old)
    office.secret, lost = office.issue(), office.secret
    with pytest.raises(ActError, match="刚刚重新发放"), transaction(office.engine) as session:
        confirm(session, proof)
    with pytest.raises(ActError, match="提交之后，A01 王一的动态口令已重新发放"):
        check(office.engine, before)
    at = datetime.now(UTC) + AFTER
    with pytest.raises(ActError, match="动态口令不对"):
        check(office.engine, office.claim(pyotp.TOTP(lost).at(int(at.timestamp())), at=at))
    check(office.engine, office.claim(at=at))
    assert [e.payload for e in office.rows(Event) if e.event == "issue_code"] == [{"replaces": False}, {"replaces": True}]


def test_a_withdrawn_code_is_refused_and_erased(office):
    with transaction(office.engine) as session:
        revoke(session, BY, "A01")
        assert asks_for_code(session, "terminate"), "withdrawing the only code opens no door"
    with pytest.raises(ActError, match=r"A01 王一的动态口令已停用；.*creation admin code A01"):
        check(office.engine, office.claim())
    with pytest.raises(ActError, match="没有可停用的动态口令"), transaction(office.engine) as session:
        revoke(session, BY, "A01")
    office.secret = office.issue()
    check(office.engine, office.claim(at=datetime.now(UTC) + AFTER))


def test_the_acts_that_ask_exist_and_ask_once_a_code_was_issued(empty):
    assert NEEDS_CODE - {COMMITTEE_DECISION} <= set(ACTS)
    with reading(empty) as session:
        assert not any(asks_for_code(session, act) for act in NEEDS_CODE)
    Office(empty)
    with reading(empty) as session:
        assert {act for act in (*ACTS, COMMITTEE_DECISION) if asks_for_code(session, act)} == NEEDS_CODE


def test_a_code_is_registered_once_and_for_good(office):
    with pytest.raises(ActError, match="A01 已登记为王一（在岗）"), transaction(office.engine) as session:
        register_person(session, BY, "A01", "别人")
    with pytest.raises(ActError, match="“甲 1”不合要求"), transaction(office.engine) as session:
        register_person(session, BY, "甲 1", "别人")
    with pytest.raises(ActError, match="姓名不能为空"), transaction(office.engine) as session:
        register_person(session, BY, "A03", " ")
    with reading(office.engine) as session:
        assert [tuple(row) for row in persons(session)] == [("A01", "王一", "admin"), ("A02", "李二", "admin")]
        assert [(row.code, row.code_issued_at is not None) for row in roster(session)] == [("A01", True), ("A02", False), ("P01", False)]


def test_the_uri_says_what_an_authenticator_needs(office):
    with transaction(office.engine) as session:
        uri = issue(session, BY, "A02")
    query = parse_qs(urlsplit(uri).query)
    assert unquote(urlsplit(uri).path) == "/一融双高:A02 李二"
    assert (urlsplit(uri).scheme, urlsplit(uri).netloc, query["issuer"], len(query["secret"][0])) == ("otpauth", "totp", ["一融双高"], 32)


def test_the_sealed_secret_opens_with_its_key_and_for_its_owner_only(office):
    row = office.rows(Credential)[0]
    assert office.secret not in row.sealed
    key, stranger = key_file().read_bytes().strip(), Fernet(Fernet.generate_key())
    assert Fernet(key).decrypt(row.sealed.encode()).decode() == f"{row.person_id}:{office.secret}"
    office.issue("A02")
    mine = "UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE person_id <> :me) WHERE person_id = :me"
    with office.engine.begin() as connection:
        connection.execute(sa.text(mine), {"me": row.person_id})
    with pytest.raises(SealingError, match="A01 的动态口令被换成了别人的"):
        check(office.engine, office.claim())
    with office.engine.begin() as connection:
        connection.execute(sa.text("UPDATE credential SET sealed = :other"), {"other": stranger.encrypt(b"1:X").decode()})
    with pytest.raises(SealingError, match="与发放动态口令时所用的不同"):
        check(office.engine, office.claim())
    key_file().unlink()
    with pytest.raises(SealingError, match="找不到密钥文件"):
        check(office.engine, office.claim())


def dump_of(engine):
    """Every cell of every table, as text."""
    with engine.connect() as connection:
        return "\n".join(
            repr(row) for table in SQLModel.metadata.sorted_tables for row in connection.execute(sa.text(f"SELECT * FROM {table.name}"))
        )


def test_canary_neither_secret_nor_code_is_left_anywhere(office, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)  # what the product itself logs
    used, wrong = office.claim(), office.wrong(at=office.at + AFTER, origin="flow-run:2")
    office.act(used)
    refusals = []
    for claim in (wrong, office.claim(origin="flow-run:3")):
        with pytest.raises(ActError) as refused:
            office.act(claim)
        refusals.append(refused.getrepr(showlocals=False, style="short"))
    everywhere = "\n".join([dump_of(office.engine), caplog.text, *map(str, refusals), repr(used), repr(wrong)])
    if office.engine.dialect.name == "sqlite":
        everywhere += Path(office.engine.url.database).read_bytes().decode("latin-1")
    assert "flow-run:1" in everywhere, "the control: what is kept is seen"
    assert [word for word in (office.secret, used.code, wrong.code) if re.search(rf"(?<!\d){word}(?!\d)", everywhere)] == []
