"""Forms: made from the acts, Chinese throughout, flat; what was typed becomes an act's fields or is refused by name."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from config.settings import settings
from config.vocabulary import SubmissionState
from flows.forms import texts
from flows.forms.choices import KINDS, NOTHING, offered
from flows.forms.fields import FIELDS, SPECIAL
from flows.forms.labels import FORMS
from flows.forms.model import checked, form_of, parameters_of
from flows.forms.schema import CHOICES
from flows.steps.acts import ACTS, perform
from flows.steps.advance import Advance
from flows.steps.errors import ActError
from models.history import Act
from models.store import reading, transaction
from models.tables import Cohort, Event, Submission

CHINESE = re.compile("[\u4e00-\u9fff]")
SURVEY = "28 8 2 0\n２６　１０　２　０"


def on(day):
    return Act("A01", "command:test", date.fromisoformat(day))


def typed(engine, act, **raw):
    with reading(engine) as session:
        return checked(session, act, raw)


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    """A data folder of its own with an inbox."""
    monkeypatch.setattr(settings(), "data", tmp_path)
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_every_act_has_a_label_and_a_field_for_each_parameter():
    assert list(FORMS) == [act for act in FORMS if act in ACTS]
    assert set(FORMS) == set(ACTS)
    for act in ACTS:
        names = {name for name, field in SPECIAL.get(act, {}).items()} | {p for f in SPECIAL.get(act, {}).values() for p in f.into}
        assert [p.name for p in parameters_of(act) if p.name not in FIELDS and p.name not in names] == [], act


@pytest.mark.parametrize("act", ACTS)
def test_a_form_is_flat_and_chinese(act):
    schema = form_of(act).model_json_schema()
    assert CHINESE.search(schema["description"])
    positions = [told["position"] for told in schema["properties"].values()]
    assert positions == sorted(set(positions))
    for name, told in schema["properties"].items():
        assert CHINESE.search(told["title"]), name
        assert "anyOf" not in told, f"{name}: the page would ask for a type"
        assert told["type"] in ("string", "integer", "number", "boolean", "array"), name
        assert told["type"] != "array" or told["items"] == {"type": "string"}, name
        assert told.get(CHOICES, "cohort") in KINDS
        assert told.get("description") is None or CHINESE.search(told["description"])
    assert "$defs" not in schema


def test_every_kind_of_choice_can_be_read(engine):
    with reading(engine) as session:
        found = {kind: offered(session, kind) for kind in KINDS}
    assert list(found["cohort"].values()) == ["2025", "2023"]
    assert found["project"]["2023-S01 云杉学院党委"] == "2023-S01"
    assert len(found["unit"]) == 210
    assert len(found["so"]) == 30
    assert found["part"]["管理考核：答辩汇报"] == ("mid_term", "defence")
    assert found["waivable"].keys().isdisjoint({"近三年无负面清单事项"}), "a hard condition is not offered"
    assert found["phase"] == {}, "no cohort has a kind of phase twice"


def test_where_a_kind_of_phase_comes_twice_the_chosen_label_names_one(engine):
    with transaction(engine) as session:
        row = session.exec(select(Cohort).where(Cohort.code == "2025")).one()
        phases = row.plan["cohort"]["phases"]
        again = next(phase for phase in phases if phase["kind"] == "mid_term") | {"key": "second_look"}
        row.plan = row.plan | {"cohort": row.plan["cohort"] | {"phases": [*phases, again]}}
    with reading(engine) as session:
        labels = offered(session, "phase")
    assert [Advance(cohort="2025", phase=label).phase for label in labels] == list(labels.values()) == ["mid_term", "second_look"]
    assert all("管理考核" in label for label in labels)


def test_a_label_and_a_code_are_the_same(engine):
    by_label = typed(engine, "suspend", project="2023-S01 云杉学院党委", reason="换届")
    assert by_label == typed(engine, "suspend", project="2023-S01", reason="换届") == {"project": "2023-S01", "reason": "换届"}


def test_what_is_gone_meanwhile_is_refused_by_name(engine):
    perform(engine, on("2025-11-10"), "withdraw", project="2023-S01", reason="退出")
    with pytest.raises(ActError, match="项目：“2023-S01 云杉学院党委”已不在可选范围"):
        typed(engine, "suspend", project="2023-S01 云杉学院党委", reason="换届")
    with pytest.raises(ActError, match="没有可选的内容"):
        typed(engine, "resume", project=NOTHING, reason="恢复")


def test_every_flaw_is_told_by_its_chinese_title(engine):
    with pytest.raises(ActError) as refused:
        typed(engine, "record_survey", project="2023-S01", issued="四十", returned=40, valid=38, questions="28 8 x 0", colour=1)
    text = str(refused.value)
    assert "各题结果：第 1 行应为用空格隔开的整数，读到“28 8 x 0”" in text
    assert "colour：没有此项" in text
    with pytest.raises(ActError, match="发放份数：应为整数（读到“四十”）"):
        typed(engine, "record_survey", project="2023-S01", issued="四十", returned=40, valid=38, questions=SURVEY)
    with pytest.raises(ActError, match="有效份数：未填写"):
        typed(engine, "record_survey", project="2023-S01", issued=40, returned=40, questions=SURVEY)


def test_lines_of_text_become_values(engine):
    assert typed(engine, "record_survey", project="2023-S01", issued=40, returned=40, valid=38, questions=SURVEY)["questions"] == [
        [28, 8, 2, 0], [26, 10, 2, 0],
    ]  # fmt: skip
    hits = typed(engine, "answer_negative_list", project="2023-S01", hits="2024-03-12 意识形态领域责任事件")["hits"]
    assert hits == [{"on": "2024-03-12", "item": "意识形态领域责任事件"}]
    assert typed(engine, "answer_negative_list", project="2023-S01")["hits"] == []
    scores = typed(
        engine,
        "assess",
        mark="审查评估：重点任务完成情况",
        project="2023-S01",
        assessor="P01",
        scores="对照任务指南 40\n对照申报目标：45.5",
    )
    assert (scores["phase"], scores["part"]) == ("review", "key_tasks")
    assert scores["scores"] == {"对照任务指南": 40.0, "对照申报目标": 45.5}


def test_scores_may_be_named_by_their_titles(engine):
    with pytest.raises(ActError, match="没有评分点 工作态度"):
        perform(engine, on("2025-12-08"), "assess", project="2023-S01", phase="review", part="key_tasks", assessor="P01",
                scores={"工作态度": 40})  # fmt: skip
    made = perform(engine, on("2025-12-08"), "assess", project="2023-S01", phase="review", part="key_tasks", assessor="P01",
                   scores={"对照任务指南": 40, "targets": 45})  # fmt: skip
    assert made.scores == {"guide": 40, "targets": 45}


@given(
    st.lists(st.lists(st.integers(0, 999), min_size=1, max_size=6), min_size=1, max_size=5), st.sampled_from([" ", "　", "，", ", ", "、"])
)
def test_numbers_survive_the_way_they_are_typed(rows, separator):
    assert texts.number_rows("\n".join(separator.join(map(str, row)) for row in rows)) == rows


@given(st.dictionaries(st.text("支部活动次数甲乙", min_size=1, max_size=6), st.integers(-999, 999), min_size=1, max_size=5))
def test_named_numbers_survive(measures):
    assert texts.numbers("\n".join(f"{name}： {value}" for name, value in measures.items())) == measures


@pytest.mark.parametrize("text", ["次数", "次数 多", "12", "次数 1\n次数 2"])
def test_a_line_that_says_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"第 [12] 行"):
        texts.numbers(text)


def submissions(engine):
    with reading(engine) as session:
        return {paper.code: paper.state for paper in session.exec(select(Submission))}


MANY = ["2023-S01 云杉学院党委", "2023-S02", "2023-S04B01 星河学院教师第一党支部"]


def test_one_form_records_many_and_one_form_undoes_it(engine):
    fields = typed(engine, "hand_in_many", deliverable="典型案例", projects=MANY, received_on="2025-11-17", so_endorsed_on="2025-11-18")
    assert perform(engine, on("2025-11-18"), "hand_in_many", **fields) == 3
    assert set(submissions(engine).values()) == {SubmissionState.HANDED_IN}, "the branch's too: its SO endorsed the package"
    with reading(engine) as session:
        labels = [label for label in offered(session, "received") if "典型案例" in label]
    assert labels[0] == "2023-S01 云杉学院党委《典型案例》2025-11-17"
    perform(engine, on("2025-11-19"), "retract_many", **typed(engine, "retract_many", papers=labels, reason="登记错单位"))
    assert set(submissions(engine).values()) == {SubmissionState.RETURNED}


def test_one_refusal_keeps_all_out_and_every_refusal_is_named(engine):
    perform(engine, on("2025-11-17"), "hand_in", project="2023-S02", deliverable="typical_case", files=["a"])
    perform(engine, on("2025-11-17"), "withdraw", project="2023-S03", reason="退出")
    with pytest.raises(ActError) as refused:
        perform(
            engine, on("2025-11-18"), "hand_in_many", deliverable="typical_case", projects=["2023-S01", "2023-S02", "2023-S03", "2023-X"]
        )
    text = str(refused.value)
    assert "有 3 项不能登记，全部未登记" in text
    assert [code for code in ("2023-S01", "2023-S02", "2023-S03", "2023-X") if f"{code}：" in text] == ["2023-S02", "2023-S03", "2023-X"]
    assert list(submissions(engine)) == ["2023-S02/typical_case/v1"]


def test_a_link_in_the_inbox_is_not_offered(engine, inbox):
    (inbox / "案例.docx").write_bytes(b"case")
    (inbox / "链接.docx").symlink_to(inbox / "案例.docx")
    with reading(engine) as session:
        assert list(offered(session, "inbox")) == ["案例.docx"]


def test_a_file_of_the_inbox_is_kept_by_content(engine, inbox):
    (inbox / "案例.docx").write_bytes(b"case")
    perform(
        engine, on("2025-11-18"), "hand_in", **typed(engine, "hand_in", project="2023-S01", deliverable="typical_case", files=["案例.docx"])
    )
    with reading(engine) as session:
        (kept,) = session.exec(select(Submission)).one().files
    assert kept["name"] == "案例.docx"
    assert (inbox.parent / "files" / kept["sha256"][:2] / kept["sha256"]).read_bytes() == b"case"


@pytest.mark.parametrize("name", ["../secret.docx", "没有.docx", "/etc/hostname"])
def test_only_files_of_the_inbox_are_taken(engine, inbox, name):
    (inbox.parent / "secret.docx").write_bytes(b"x")
    with pytest.raises(ActError, match="收件箱里没有文件"):
        perform(engine, on("2025-11-18"), "hand_in_sheet", sheet=name)


def test_the_same_run_records_once(engine):
    once = Act("A01", "flow-run:1", date(2025, 11, 10), command="run-1")
    for _ in range(2):
        perform(engine, once, "record_finding", project="2023-S01", text="走访了解")
    with reading(engine) as session:
        assert len(session.exec(select(Event).where(Event.event == "record_finding")).all()) == 1
