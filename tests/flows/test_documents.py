"""Documents from what is on record: each kind about a played project, refusals in Chinese, nothing recorded by writing them."""

from datetime import date
from io import BytesIO

import pytest
from docx import Document
from sqlmodel import select

from config.vocabulary import DocumentKind as K
from config.vocabulary import Outcome
from flows.steps.documents import document, document_name
from flows.steps.errors import ActError
from flows.steps.rectifying import open_rectification
from models.database import engine_for
from models.history import Act, count_events
from models.store import reading, transaction
from models.tables import Ballot, Decision, Event, Project
from tests.conftest import keep
from tests.notifications.test_word import text_of

DAY = date(2025, 12, 30)


@pytest.fixture(scope="module")
def played(evening):
    made = engine_for(f"sqlite:///{evening(DAY)}")
    yield made
    made.dispose()


def written(engine, kind, about):
    with reading(engine) as session:
        return text_of(document(session, kind, about, DAY))


def test_a_result_notice_says_meeting_outcome_and_grounds(played):
    said = written(played, K.RESULT_NOTICE, "2025-S10")
    for words in (
        "雪原学院党委：",
        "标杆二级党组织创建申报认定结果的通知",
        "结果为：未入选",
        "党委会2025年第22次会议",
        "2025年12月30日",
        "名额 5 个",
    ):
        assert words in said
    assert "{" not in said


def test_a_declaration_lists_its_conditions_as_they_are_judged(played):
    said = written(played, K.DECLARATION, "2025-S11")
    assert "1 个教师党支部书记不是“双带头人”：金穗学院教师第二党支部" in said
    assert "不符合" in said


def test_an_application_takes_over_survey_and_check(played):
    said = written(played, K.APPLICATION, "2023-S01")
    assert "发出 40 份、收回 40 份、有效 38 份，满意率" in said
    assert "组织部核查：无负面清单事项" in said
    assert "重点任务完成情况（占 40%）" in said


def test_a_return_letter_lists_the_reasons(played):
    with reading(played) as session:
        event = session.exec(select(Event).where(Event.event == "return")).first()
    said = written(played, K.RETURN_LETTER, event.stream.partition(":")[2].partition("/")[0])
    for number, reason in enumerate(event.payload["reasons"], start=1):
        assert f"{number}. {reason.rstrip('。；')}。" in said


def test_an_agenda_has_a_table_per_kind_with_every_line(played):
    with reading(played) as session:
        ballot = session.exec(select(Ballot).where(Ballot.code == "2025-declaration-1")).one()
        page = Document(BytesIO(document(session, K.AGENDA, ballot.code, DAY)))
    rows = [[cell.text for cell in row.cells] for table in page.tables for row in table.rows[1:]]
    assert len(page.tables) == len({line["kind"] for line in ballot.lines}) == 2
    assert [row[1] for row in rows] == [line["label"].partition(" ")[2] for line in ballot.lines]
    assert rows[0][3] == Outcome(ballot.lines[0]["outcome"]).label


def test_an_order_names_the_decision_that_opened_it(evening, tmp_path):
    """Not a later one: the decision after the rectification has another outcome."""
    path = tmp_path / "copy.db"
    keep(evening(DAY), path)
    made = engine_for(f"sqlite:///{path}")
    with reading(made) as session:
        code = session.exec(select(Project.code).join(Decision).where(Decision.outcome == Outcome.SELECTED)).first()
    with pytest.raises(ActError, match=f"{code} 没有整改任务"):
        written(made, K.RECTIFICATION_ORDER, code)
    fail(made, code)
    said = written(made, K.RECTIFICATION_ORDER, code)
    assert "结果为：中期考核不合格。现就限期整改（第 1 轮）通知如下：" in said
    assert "1. 台账不全。" in said
    made.dispose()


def fail(engine, code):
    with transaction(engine) as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        fields = {"project_id": project.id, "phase": "mid_term", "round_no": 0, "score": 50.0, "reason": "", "recorded_by": "A01"}
        decided = Decision(outcome=Outcome.FAILED, meeting="党委会", decided_on=DAY, basis="纪要", **fields)
        session.add(decided)
        session.flush()
        open_rectification(session, Act("A01", "command:test", DAY), project, decided, ["台账不全"])
        later = Decision(outcome=Outcome.CONTINUED, meeting="党委会", decided_on=DAY, basis="纪要", **{**fields, "round_no": 1})
        session.add(later)


@pytest.mark.parametrize(
    ("kind", "about", "told"),
    [
        (K.AGENDA, "2025-x", "没有表决单“2025-x”；最近的表决单：2025-declaration-2、2025-declaration-1"),
        (K.RESULT_NOTICE, "2025-S28B03", "2025-S28B03 还没有党委决定"),
        (K.RETURN_LETTER, "2025-S10", "2025-S10 没有退回的材料"),
        (K.DECLARATION, "2023-S01", "批次 2023 不接受申报"),
    ],
)
def test_where_there_is_nothing_to_say_it_is_refused(played, kind, about, told):
    with pytest.raises(ActError, match=told):
        written(played, kind, about)


def test_on_the_command_line(played, creation, tmp_path):
    url, out = str(played.url), tmp_path / "通知.docx"
    with reading(played) as session:
        before = count_events(session)
    code, said = creation("document", "write", "结果通知", "2025-S10", "--on", "2025-12-30", "--out", str(out), url=url)
    assert (code, "已生成" in said) == (0, True)
    assert "结果为：未入选" in text_of(out.read_bytes())
    code, said = creation("document", "form", "整改通知书", url=url)
    assert (code, (tmp_path / "data" / "forms" / "整改通知书.docx").exists(), "整改期限" in said) == (0, True, True)
    assert creation("document", "check", url=url)[0] == 0
    (tmp_path / "data" / "forms" / "退回函.docx").write_bytes(b"no")
    code, said = creation("document", "check", url=url)
    assert (code, "不是 .docx 文件" in said) == (2, True)
    assert creation("document", "write", "表扬信", "2025-S10", url=url)[0] == 2
    with reading(played) as session:
        assert count_events(session) == before
    assert document_name(K.AGENDA, "2025-mid_term-1", DAY) == "会议议题-2025-mid_term-1-20251230.docx"
