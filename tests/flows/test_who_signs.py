"""Who may sign with a one-time code: registered, in office, with a code of the present telephone; on both databases."""

from datetime import UTC, datetime

import pyotp
import pytest

from config.identity import COMMITTEE_DECISION, NEEDS_CODE
from flows.documents import ROOT
from flows.steps.acts import ACTS
from flows.steps.errors import ActError
from flows.steps.identity import asks_for_code, check, confirm
from flows.steps.people import persons, register_person, retire_person, revoke, roster
from models.history import verify
from models.store import reading, transaction
from models.tables import Credential, Event
from tests.signers import AFTER, BY, Office

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.fixture
def office(empty):
    return Office(empty)


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


CODED = {
    "党委决定": {COMMITTEE_DECISION, "decision"}, "撤销决定": {"void_decision"}, "异议答复": {"answer_objection"}, "终止": {"terminate"},
    "个别延期": {"extend"}, "补充通知": {"supplement"}, "整改延期": {"extend_rectification"}, "放宽条件": {"waive"}, "免于申报": {"exempt"},
    "免交": {"release"}, "更正": {"correct"}, "撤回": {"retract", "retract_many"}, "支持经费": {"grant_support"}, "表彰奖励": {"commend"},
    "撤回表彰登记": {"retract_commendation"}, "删除个人信息": {"erase_person"},
}  # fmt: skip
"""What the guide calls the acts that ask for a code."""
IN_WORDS = {16: "十六"}


def test_the_guide_names_every_act_that_asks_for_a_code():
    assert set().union(*CODED.values()) == NEEDS_CODE
    assert f"{'、'.join(CODED)}这{IN_WORDS[len(CODED)]}类事项" in (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


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
