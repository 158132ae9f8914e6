"""Ballots: frozen, answered by form, sheet or command, applied once or refused for good; two people at one thing are told."""

import shutil
from datetime import UTC, date, datetime

import openpyxl
import pyotp
import pytest
from sqlmodel import select

from config.loading import PlanError
from config.settings import settings
from config.vocabulary import MailKind, Outcome, PhaseKind, ProjectState, TaskKind
from flows.steps import ballots, judging
from flows.steps.acts import perform
from flows.steps.advance import Stage
from flows.steps.errors import ActError
from flows.steps.identity import Claim, issue
from flows.steps.phases import propose_outcomes
from flows.steps.sheets import ballot_sheet, hand_in_sheet
from flows.why.explaining import explain_now
from models.database import engine_for
from models.history import Act, count_events, verify
from models.sealing import key_file
from models.store import reading, transaction
from models.tables import Ballot, Decision, Project, Reminder, Submission, Task

BY = Act("A01", "flow-run:1", date(2025, 12, 15))
MEETING = {"meeting": "党委会2025年第20次会议", "decided_on": "2025-12-15", "basis": "会议纪要〔2025〕20号", "recorded_by": "A01"}
REVIEW = PhaseKind.REVIEW


@pytest.fixture
def reviewed(evening, tmp_path):
    """The first cohort on the eve of its decision: every project scored."""
    path = tmp_path / "reviewed.db"
    shutil.copy(evening(date(2025, 12, 12)), path)
    made = engine_for(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "data", tmp_path)
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def made(engine, by=BY):
    with transaction(engine) as session:
        return judging.make_ballot(session, by, "2023", REVIEW)


def as_recommended(ballot, **other):
    answer = {ballots.field_name(line["project"]): Outcome(line["outcome"]).label for line in ballot.lines}
    return {**MEETING, "reasons": "", **answer, **other}


def decisions(engine):
    with reading(engine) as session:
        rows = session.exec(select(Project.code, Decision.outcome).join(Decision))
        return dict(rows.all())


def test_projects_are_ranked_within_their_kind(reviewed):
    lines = made(reviewed).lines
    for kind in ("标杆二级党组织", "样板党支部"):
        ranked = [(line["rank"], line["score"]) for line in lines if line["kind"] == kind]
        assert [rank for rank, _ in ranked] == list(range(1, len(ranked) + 1))
        assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)
    assert len(lines) == 17


def test_an_answer_is_applied_exactly_and_once(reviewed):
    ballot = made(reviewed)
    answer = as_recommended(ballot)
    weak = ballots.field_name("2023-S11B01")
    answer[weak] = "限期整改后再验收"
    answer["reasons"] = "2023-S11B01 现场问题较多，先整改"
    answer[ballots.field_name("2023-S17B01")] = ballots.UNDECIDED
    settled = ballots.settle(reviewed, BY, ballot.code, 0, answer)
    assert not settled.refusal
    assert len(settled.outcomes) == 16
    found = decisions(reviewed)
    assert found["2023-S11B01"] == Outcome.DEFERRED
    assert "2023-S17B01" not in found
    with reading(reviewed) as session:
        before = count_events(session)
    again = ballots.settle(reviewed, BY, ballot.code, 0, answer)
    assert len(again.outcomes) == 16, "resumed twice: told the same"
    with reading(reviewed) as session:
        assert count_events(session) == before
        assert verify(session) == []


@pytest.mark.parametrize(
    ("spoiled", "text"),
    [
        ({"meeting": " "}, "会议名称和依据不能为空"),
        ({"decided_on": "2025-12-16"}, "会议日期 2025-12-16 晚于今天 2025-12-15"),
        ({ballots.field_name("2023-S01"): "不合格"}, "请写明理由"),
        ({ballots.field_name("2023-S01"): "入选培育创建"}, "2023-S01 读到“入选培育创建”，可选："),
        ({"reasons": "2023-X 理由"}, "不在表决单上的项目：2023-X"),
        ({"reasons": "2023-S01"}, "理由第 1 行应为：编号 内容，且每个编号一行，读到“2023-S01”"),
        ({"reasons": "2023-S01 一\n\n2023-S01：二"}, "理由第 2 行应为：编号 内容，且每个编号一行，读到“2023-S01：二”"),
        ({"reasons": f"2023-S01 {'长' * 2001}"}, "共 2001 字，最多 2000 字；请缩短"),
        ({"meeting": "会" * 201}, "共 201 字，最多 200 字；请缩短"),
        ({"basis": "会议纪要\x0b〔2025〕20号"}, "含有看不见的控制字符"),
        ({"reasons": "2023-X\x00 理由"}, "不在表决单上的项目：2023-X□"),
    ],
)
def test_a_wrong_answer_changes_nothing_and_stays_refused(reviewed, spoiled, text):
    ballot = made(reviewed)
    with reading(reviewed) as session:
        before = count_events(session)
    refused = ballots.settle(reviewed, BY, ballot.code, 0, as_recommended(ballot, **spoiled))
    assert text in refused.refusal
    with reading(reviewed) as session:
        assert count_events(session) == before
        told = {code: [link.text for link in explain_now(session, code, BY.on)] for code in ("2023-S01", "2023-S02")}
    line = f"表决单 {ballot.code} 第 1 次填写未生效：{refused.refusal}"
    assert line in told["2023-S01"]
    assert (line in told["2023-S02"]) == ("2023-S01" not in refused.refusal), "it names one project, or the whole sheet"
    replayed = ballots.settle(reviewed, BY, ballot.code, 0, as_recommended(ballot))
    assert replayed.refusal == refused.refusal, "a replay never applies an answer that was refused"
    assert not ballots.settle(reviewed, BY, ballot.code, 1, as_recommended(ballot)).refusal


@pytest.mark.parametrize("written", ["2023-S01：宣传推广不足", "2023-S01:宣传推广不足", "２０２３-S01　宣传推广不足"])
def test_a_reason_is_kept_however_it_is_set_off_from_the_code(reviewed, written):
    ballot = made(reviewed)
    answer = as_recommended(ballot, **{ballots.field_name("2023-S01"): "合格", "reasons": written})
    assert not ballots.settle(reviewed, BY, ballot.code, 0, answer).refusal
    with reading(reviewed) as session:
        (kept,) = session.exec(select(Decision.reason).join(Project).where(Project.code == "2023-S01"))
    assert kept == "宣传推广不足"


def test_a_key_that_is_gone_leaves_the_ballot_to_be_answered_again(reviewed, tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "data", tmp_path)
    with transaction(reviewed) as session:
        app = pyotp.parse_uri(issue(session, BY, "A01"))
    key = key_file().read_bytes()
    key_file().unlink()
    ballot, answer = made(reviewed), as_recommended(made(reviewed))

    def settled(number):
        at = datetime.now(UTC)
        return ballots.settle(reviewed, BY, ballot.code, number, answer, Claim("A01", app.at(at), at, f"flow-run:1/{number}"))

    assert "找不到密钥文件" in settled(0).refusal
    key_file().write_bytes(key)
    assert not settled(1).refusal


def test_facts_that_moved_void_the_ballot(reviewed):
    ballot = made(reviewed)
    perform(reviewed, BY, "record_finding", project="2023-S01", text="师生反映")
    assert "情况有变：2023-S01" in ballots.settle(reviewed, BY, ballot.code, 0, as_recommended(ballot)).refusal
    with transaction(reviewed) as session:
        assert ballots.void_if_moved(session, BY, session.get(Ballot, ballot.id)) == ("2023-S01",)
        assert session.exec(select(Task)).all() == [], "nobody decided meanwhile: nobody need be told"


def test_two_admins_at_once_make_one_decision_and_the_second_is_told(reviewed):
    first, second = made(reviewed), made(reviewed, Act("A02", "flow-run:2", BY.on))
    assert not ballots.settle(reviewed, BY, first.code, 0, as_recommended(first)).refusal
    late = ballots.settle(reviewed, Act("A02", "flow-run:2", BY.on), second.code, 0, as_recommended(second, recorded_by="A02"))
    assert "情况有变" in late.refusal
    with transaction(reviewed) as session:
        ballots.void_if_moved(session, Act("A02", "flow-run:2", BY.on), session.get(Ballot, second.id))
    with reading(reviewed) as session:
        assert len(session.exec(select(Decision)).all()) == 17
        task = session.exec(select(Task).where(Task.kind == TaskKind.DECISION_REPEATED)).one()
        told = session.exec(select(Reminder).where(Reminder.kind == MailKind.OFFICE_NOTICE)).one()
    assert "A01 已登记" in task.text
    assert told.details["matter"] == task.text


def test_a_sheet_decides_as_the_form_does(reviewed, inbox):
    ballot = made(reviewed)
    path = inbox / "表决单.xlsx"
    path.write_bytes(ballot_sheet(ballot, "表决单"))
    book = openpyxl.load_workbook(path)
    page = book.active
    rows = {row[0].value: row for row in page.iter_rows(min_row=4)}
    rows["2023-S11B01"][7].value, rows["2023-S11B01"][8].value = "限期整改后再验收", "现场问题较多"
    rows["2023-S17B01"][7].value = None
    book.save(path)
    settled = ballots.settle(reviewed, BY, ballot.code, 0, {**MEETING, "sheet": "表决单.xlsx"})
    assert not settled.refusal
    assert decisions(reviewed)["2023-S11B01"] == Outcome.DEFERRED
    assert len(decisions(reviewed)) == 16


def test_the_sheet_of_another_ballot_is_refused(reviewed, inbox):
    first = made(reviewed)
    (inbox / "表决单.xlsx").write_bytes(ballot_sheet(first, "表决单"))
    second = made(reviewed)
    refused = ballots.settle(reviewed, BY, second.code, 0, {**MEETING, "sheet": "表决单.xlsx"}).refusal
    assert f"应为表决单 {second.code}，第 4 行为 {first.code}" in refused
    assert decisions(reviewed) == {}


FIELDS = {"cohort": "2023", "phase": REVIEW, "meeting": MEETING["meeting"], "decided_on": BY.on, "basis": MEETING["basis"]}


def test_the_command_decides_as_recommended_or_as_told(reviewed):
    told = {"2023-S01": "合格"}
    with pytest.raises(ActError, match="2023-S01 的决定“合格”与建议“优秀”不同"):
        perform(reviewed, BY, "decision", **FIELDS, outcomes=told)
    assert decisions(reviewed) == {}
    assert perform(reviewed, BY, "decision", **FIELDS, outcomes=told, reasons={"2023-S01": "宣传推广不足"}) == 1
    assert perform(reviewed, BY, "decision", **FIELDS) == 16
    with reading(reviewed) as session:
        assert {p.state for p in session.exec(select(Project).where(Project.code == "2023-S01"))} == {ProjectState.ACCEPTED}


def test_a_hand_in_sheet_goes_out_and_comes_back(engine, inbox):
    with reading(engine) as session:
        content = hand_in_sheet(session, "2023", "typical_case")
    path = inbox / "登记.xlsx"
    path.write_bytes(content)
    book = openpyxl.load_workbook(path)
    page = book.active
    assert page.max_row == 3 + 17
    page["D4"], page["F4"] = "2025年11月17日", None
    page["D5"], page["E5"] = date(2025, 11, 18), 2
    book.save(path)
    by = Act("A01", "command:test", date(2025, 11, 18))
    assert perform(engine, by, "hand_in_sheet", sheet="登记.xlsx") == 2
    with reading(engine) as session:
        papers = session.exec(select(Submission).order_by(Submission.code)).all()
    assert [(p.code.split("/")[0], p.received_on.day, p.pieces) for p in papers] == [("2023-S01", 17, 1), ("2023-S02", 18, 2)]


def test_a_flawed_sheet_changes_nothing_and_names_every_cell(engine, inbox):
    with reading(engine) as session:
        (inbox / "登记.xlsx").write_bytes(hand_in_sheet(session, "2023", "typical_case"))
    book = openpyxl.load_workbook(inbox / "登记.xlsx")
    page = book.active
    page["D4"], page["E5"], page["D5"] = "下周一", "两份", date(2025, 11, 18)
    book.save(inbox / "登记.xlsx")
    with pytest.raises(PlanError) as refused:
        perform(engine, Act("A01", "command:test", date(2025, 11, 18)), "hand_in_sheet", sheet="登记.xlsx")
    assert "D4（收到日期）：读到“下周一”，应为日期" in str(refused.value)
    assert "E5（份数）：读到“两份”，应为整数份数" in str(refused.value)
    with reading(engine) as session:
        assert session.exec(select(Submission)).all() == []


def test_no_text_becomes_a_formula(reviewed, tmp_path):
    ballot = made(reviewed)
    hostile = Ballot(**{**ballot.model_dump(), "lines": [{**ballot.lines[0], "label": '2023-S01 =HYPERLINK("x")'}]})
    path = tmp_path / "hostile.xlsx"
    path.write_bytes(ballot_sheet(hostile, "=1+1"))
    cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row if cell.value is not None]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert any(cell.value == '=HYPERLINK("x")' for cell in cells), "the control: the text is there"


def test_the_excellent_beyond_the_customary_share_are_told_on_the_board_also_where_the_committee_granted_them(reviewed):
    """30 % of 17 are five: the four recommended are no matter, two more by the committee's own word are told and blocked by nothing."""
    stage = Stage("2023", "review", REVIEW, BY.on, BY)
    assert not any("参考比例" in note for note in propose_outcomes(reviewed, stage).notes)
    ballot = made(reviewed)
    more = ("2023-S02", "2023-S03")
    granted = {ballots.field_name(code): "优秀" for code in more}
    reasons = "\n".join(f"{code} 成效突出" for code in more)
    assert not ballots.settle(reviewed, BY, ballot.code, 0, as_recommended(ballot, **granted, reasons=reasons)).refusal
    assert propose_outcomes(reviewed, stage).notes[-1] == "已定优秀 6 个，超过 30% 的参考比例（共 17 个项目），请党委斟酌"
