"""Who did it: one-time codes on both databases, through the function that the doors call."""

import logging
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlmodel import SQLModel

from config.vocabulary import AuthMethod
from flows.steps.errors import ActError
from flows.steps.identity import check, confirm, issue, signed
from models.sealing import SealingError, key_file
from models.store import transaction
from models.tables import Credential, Event, FailedCode, Unit, UsedCode
from tests.signers import AFTER, BY, Office

pytestmark = pytest.mark.usefixtures("data_folder")


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
