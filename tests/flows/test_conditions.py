"""What a unit states when it declares, by act and by form; the negative list by its catalogue (R10, R20, R26, R27, R35–R38, R59)."""

from datetime import date

import pytest

from config.vocabulary import DocumentKind, DutyKind, Outcome, PhaseKind, ProjectState, Verdict
from flows.forms.choices import offered
from flows.forms.model import checked
from flows.steps.acts import perform
from flows.steps.declaring import blocking, initial_review
from flows.steps.documents import document
from flows.steps.errors import ActError
from flows.steps.negative_statement import with_item
from models.history import Act, record_event
from models.loading import load_calendar, load_world, project_row
from models.naming import name_of
from models.rules.duties import cached_duties
from models.rules.eligibility import check_declared
from models.store import reading, transaction
from models.tables import Decision
from tests.factories import fact
from tests.notifications.test_word import text_of
from tests.stories.test_decisions import recommended

DAY = Act("A01", "command:test", date(2025, 12, 2))
CODE = "2025-S01B03"


@pytest.fixture
def declared(engine):
    perform(engine, DAY, "declare_project", cohort="2025", unit="S01B03", title="支部工作法创新")
    return engine


def typed(engine, act, **raw):
    with reading(engine) as session:
        return checked(session, act, raw)


def check(engine, key):
    with reading(engine) as session:
        return next(c for c in check_declared(load_world(session, "2025"), CODE) if c.key == key)


def latest(engine, event):
    with reading(engine) as session:
        return load_world(session, "2025").project(CODE).latest(event)


ITEMS = """教育党员有力 达到 三会一课规范
管理党员有力：部分达到：发展程序待规范
监督党员有力 达到 及时提醒
组织师生有力 达到 风气良好
宣传师生有力 达到 理论宣讲
凝聚师生有力 达到 回应关切
服务师生有力 达到 结对帮扶"""


def test_a_self_assessment_is_typed_line_by_line(declared):
    perform(declared, DAY, "assess_self", **typed(declared, "assess_self", project=CODE, items=ITEMS))
    found = check(declared, "seven_strong")
    assert (found.verdict, found.reason) == (Verdict.WARN, "部分达到：管理党员有力")
    assert found.evidence == "单位自评（第 2 条，2025-12-02）"
    perform(declared, DAY, "assess_self", project=CODE, items=[{"item": "全部", "grade": "达到", "text": "逐项对照"}])
    assert check(declared, "seven_strong").verdict == Verdict.PASS


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (ITEMS.replace("服务师生有力 达到 结对帮扶", ""), "缺少 服务师生有力"),
        (ITEMS.replace("服务师生有力 达到", "服务师生有力 很好"), "服务师生有力读到“很好”，应为达到、部分达到、未达到"),
        (ITEMS.replace("服务师生有力", "政治把关作用到位"), "没有“政治把关作用到位”"),
        (f"{ITEMS}\n教育党员有力 达到 再写", "教育党员有力重复"),
        (ITEMS.replace(" 结对帮扶", ""), "第 7 行应为：事项 达到|部分达到|未达到 说明"),
    ],
)
def test_a_flawed_self_assessment_is_refused_and_changes_nothing(declared, items, told):
    with pytest.raises(ActError, match=told.replace("|", r"\|")):
        perform(declared, DAY, "assess_self", **typed(declared, "assess_self", project=CODE, items=items))
    assert latest(declared, "assess_self") is None


def test_planned_outcomes_flip_their_conditions(declared):
    assert check(declared, "branch_outcomes").verdict == check(declared, "outcome_forms").verdict == Verdict.WARN
    plain = typed(declared, "plan_outcomes", project=CODE, outcomes="论文、专著 发表一篇\n品牌：建成一个")
    perform(declared, DAY, "plan_outcomes", **plain)
    assert (check(declared, "branch_outcomes").verdict, check(declared, "outcome_forms").verdict) == (Verdict.WARN, Verdict.PASS)
    perform(declared, DAY, "plan_outcomes", **typed(declared, "plan_outcomes", project=CODE, outcomes="*工作法 建成一项"))
    assert check(declared, "branch_outcomes").reason == "围绕创新工作方法的成果 1 项：党建工作法、典型案例：建成一项"
    with pytest.raises(ActError, match="第 1 项成果形式读到“奖杯”"):
        perform(declared, DAY, "plan_outcomes", project=CODE, outcomes=[{"form": "奖杯", "target": "一座"}])


def test_the_secretarys_project_names_who_answers_for_it(declared):
    perform(declared, DAY, "name_secretary_project", **typed(declared, "name_secretary_project", project=CODE))
    assert check(declared, "secretary_project").reason == "书记项目“支部工作法创新”，已明确负责的书记"
    perform(declared, DAY, "name_secretary_project", project=CODE, title="领航", secretary="王书记")
    assert check(declared, "secretary_project").reason == "书记项目“领航”，已明确负责的书记"
    with reading(declared) as session:
        assert name_of(session, latest(declared, "name_secretary_project").payload["secretary"]) == "王书记"


def test_the_form_takes_over_what_was_stated(declared):
    perform(declared, DAY, "plan_outcomes", **typed(declared, "plan_outcomes", project=CODE, outcomes="*工作法 建成一项\n论文 发表一篇"))
    perform(declared, DAY, "name_secretary_project", project=CODE, title="领航", secretary="王书记")
    with reading(declared) as session:
        said = text_of(document(session, DocumentKind.DECLARATION, CODE, DAY.on))
    assert "1. 党建工作法、典型案例：建成一项（围绕重点）\n2. 研究论文、专著：发表一篇" in said
    assert "书记项目名称\n领航\n书记\n王书记\n" in said
    assert "支部工作法创新" not in said
    perform(declared, DAY, "declare_project", cohort="2025", unit="S02B03", title="另一项")
    with reading(declared) as session:
        said = text_of(document(session, DocumentKind.DECLARATION, "2025-S02B03", DAY.on))
    assert "（工作体系、工作法或案例、" in said
    assert "书记项目名称\n另一项\n" in said


def test_what_is_only_stated_holds_nobody_up_but_an_own_failure_does(declared):
    perform(declared, DAY, "answer_negative_list", project=CODE)
    with reading(declared) as session:
        seen = load_world(session, "2025")
        checks = check_declared(seen, CODE)
    assert {c.key for c in checks if c.verdict == Verdict.WARN} >= {"seven_strong", "branch_outcomes", "outcome_forms", "secretary_project"}
    assert blocking(seen, checks) == ()
    graded = [{"item": "全部", "grade": "未达到", "text": "差距较大"}]
    perform(declared, DAY, "assess_self", project=CODE, items=graded)
    with reading(declared) as session:
        seen = load_world(session, "2025")
        assert [c.key for c in blocking(seen, check_declared(seen, CODE))] == ["seven_strong"]


def test_the_list_is_offered_and_what_is_not_on_it_is_refused(declared):
    with reading(declared) as session:
        labels = list(offered(session, "negative_item"))
    assert labels[0] == "意识形态领域责任事件"
    assert labels[-1] == "其他（写入说明）"
    with pytest.raises(ActError) as refused:
        perform(
            declared,
            DAY,
            "answer_negative_list",
            project=CODE,
            hits=[{"item": "迟到", "on": "2025-01-01"}, {"item": "党员违纪", "on": "去年"}],
        )
    assert "第 1 项“迟到”不在负面清单中" in str(refused.value)
    assert "第 2 项“党员违纪”的日期读到“去年”" in str(refused.value)
    assert "清单事项：意识形态领域责任事件、" in str(refused.value)
    assert latest(declared, "answer_negative_list") is None


def test_a_statement_answers_every_item_over_its_period(declared):
    hits = [{"item": "member_discipline", "on": "2024-01-10"}, {"item": "其他：未按要求公示", "on": "2024-02-01"}]
    perform(declared, DAY, "answer_negative_list", project=CODE, hits=hits)
    kept = latest(declared, "answer_negative_list").payload
    assert [hit["item"] for hit in kept["hits"]] == ["党员违纪", "其他：未按要求公示"]
    assert (kept["answers"]["member_discipline"], kept["answers"]["teacher_ethics"]) == ("has", "none")
    assert (kept["since"], kept["until"]) == ("2022-12-05", "2025-12-02")
    assert check(declared, "branch_negative_list").reason == "存在负面清单事项：党员违纪、其他：未按要求公示"


def test_one_item_is_answered_by_drop_down_and_the_rest_stays(declared):
    one = {"project": CODE, "item": "未按期换届", "answer": "需说明", "happened_on": "2025-05-20", "text": "已补选"}
    perform(declared, DAY, "answer_negative_item", **typed(declared, "answer_negative_item", **one))
    other = {"project": CODE, "item": "其他（写入说明）", "answer": "有", "happened_on": "2024-03-01", "text": "未按要求公示"}
    perform(declared, DAY, "answer_negative_item", **typed(declared, "answer_negative_item", **other))
    kept = latest(declared, "answer_negative_list").payload
    assert (len(kept["hits"]), len(kept["explained"]), kept["answers"]["overdue_election"]) == (1, 1, "explain")
    with pytest.raises(ActError, match="没有写发生日期"):
        perform(declared, DAY, "answer_negative_item", project=CODE, item="学术不端", answer="has")
    perform(declared, DAY, "answer_negative_item", project=CODE, item="其他", answer="none", text="未按要求公示")
    perform(declared, DAY, "answer_negative_item", project=CODE, item="未按期换届", answer="none")
    assert check(declared, "branch_negative_list").verdict == Verdict.PASS


def test_answering_an_item_twice_is_one_entry():
    last = {"hits": [{"item": "a", "on": "2024-01-01"}], "explained": []}
    assert with_item(last, "a", "has", date(2024, 1, 1), "") == (last["hits"], [])


def test_what_has_to_be_decided_passes_only_with_a_reason(declared):
    perform(declared, DAY, "answer_negative_list", project=CODE, hits=[{"item": "未按期换届", "on": "2024-05-01"}])
    found = check(declared, "branch_negative_list")
    assert (found.verdict, found.decides) == (Verdict.WARN, True)
    with transaction(declared) as session:
        for paper in ("declaration_form", "evidence"):
            perform_paper(session, paper)
    with transaction(declared) as session:
        declare(session)
    with pytest.raises(ActError, match="必须写明理由"), transaction(declared) as session:
        initial_review(session, DAY, CODE, passed=True)
    with transaction(declared) as session:
        assert initial_review(session, DAY, CODE, passed=True, reason="已补办换届，组织部研究同意") == "shortlisted"


def perform_paper(session, paper):
    from flows.steps.papers import endorse, hand_in

    hand_in(session, DAY, CODE, paper, files=["a.docx"])
    endorse(session, DAY, CODE, paper)


def declare(session):
    record_event(session, project_row(session, CODE), "declare", DAY, {})


def test_an_office_check_says_who_checked_over_which_period(declared):
    perform(declared, DAY, "check_negative_list", project=CODE, checked_by="A03")
    kept = latest(declared, "check_negative_list").payload
    assert (kept["checked_by"], kept["hits"], kept["since"]) == ("A03", [], "2022-12-05")
    assert check(declared, "branch_negative_list").evidence.startswith("组织部核查（A03）")
    with pytest.raises(ActError, match="没有人员“核查组”"):
        perform(declared, DAY, "check_negative_list", project=CODE, checked_by="核查组")


def test_what_lies_outside_the_period_is_refused_and_is_not_carried_over(declared):
    for act, more in (("answer_negative_list", {}), ("check_negative_list", {"checked_by": "A03"})):
        with pytest.raises(ActError, match="第 1 项“党员违纪”的日期 2022-12-04 早于起始日期 2022-12-05"):
            perform(declared, DAY, act, project=CODE, hits=[{"item": "党员违纪", "on": "2022-12-04"}], **more)
    perform(declared, DAY, "answer_negative_list", project=CODE, hits=[{"item": "党员违纪", "on": "2022-12-04"}], since=date(2022, 1, 1))
    assert check(declared, "branch_negative_list").verdict == Verdict.PASS, "a longer statement counts only within the window"
    perform(declared, DAY, "answer_negative_item", project=CODE, item="学术不端", answer="has", happened_on=date(2024, 1, 1))
    assert [hit["item"] for hit in latest(declared, "answer_negative_list").payload["hits"]] == ["学术不端"]


def test_without_a_statement_or_a_check_of_the_list_people_decide(declared):
    with reading(declared) as session:
        seen = load_world(session, "2025")
        assert [c.key for c in blocking(seen, check_declared(seen, CODE))] == ["branch_negative_list"]
    assert check(declared, "branch_negative_list").reason == "尚未填报负面清单说明"
    perform(declared, DAY, "check_negative_list", project=CODE, checked_by="A03")
    with reading(declared) as session:
        seen = load_world(session, "2025")
        assert blocking(seen, check_declared(seen, CODE)) == ()


@pytest.mark.parametrize(("item", "outcome"), [("党员违纪", Outcome.DEFERRED), ("未按期换届", Outcome.EXCELLENT)])
def test_at_the_acceptance_only_what_blocks_speaks_for_the_lowest_outcome(item, outcome):
    facts = (fact("check_negative_list", 5, hits=[{"item": item, "on": "2024-01-01"}]), fact("visit", 6, kind="x", findings="y"))
    proposal = recommended("review", 95, ProjectState.UNDER_ACCEPTANCE, "2023", facts)
    assert proposal.outcome == outcome
    assert f"负面清单核查发现：{item}，须由党委写明理由后决定" in proposal.blockers


def test_the_period_of_the_first_batch_is_its_building_period(engine):
    perform(engine, DAY, "answer_negative_list", project="2023-S01")
    with reading(engine) as session:
        seen = load_world(session, "2023")
        assert seen.project("2023-S01").latest("answer_negative_list").payload["since"] == seen.plan.cohort.starts_on.isoformat()


def test_who_withdrew_after_being_chosen_stays_excluded(engine):
    """R42: the school had approved it, whatever came of it; a declaration that was withdrawn excludes nobody."""
    perform(engine, DAY, "declare_project", cohort="2025", unit="S20B03", title="x")
    for code in ("2023-S04B01", "2025-S20B03"):
        perform(engine, DAY, "withdraw", project=code, reason="书记调离")
    assert approved(engine, "2025", "S04B01")
    assert not approved(engine, "2023", "S20B03")
    with transaction(engine) as session:
        row = project_row(session, "2025-S20B03")
        held = {"phase": PhaseKind.DECLARATION, "outcome": Outcome.SELECTED, "meeting": "党委会", "basis": "纪要", "recorded_by": "A01"}
        session.add(Decision(project_id=row.id, round_no=0, decided_on=DAY.on, **held))
    perform(engine, DAY, "exempt", cohort="2025", unit="S28", reason="换届")  # what is kept of a cohort is read anew
    assert approved(engine, "2023", "S20B03"), "it had been selected before it withdrew"


def approved(engine, cohort, unit):
    with reading(engine) as session:
        return unit in {row.unit for row in load_world(session, cohort).recognitions}


def test_a_dissolved_branch_counts_no_more(engine):
    """R22, R41: neither among the teacher branches of its SO, nor does a dissolved SO owe a declaration."""
    perform(engine, DAY, "declare_project", cohort="2025", unit="S11", title="x")

    def seen():
        with reading(engine) as session:
            known = load_world(session, "2025")
            found = next(c for c in check_declared(known, "2025-S11") if c.key == "dual_leaders")
            owing = {d.unit for d in cached_duties(known, load_calendar(session)) if d.kind == DutyKind.DECLARE}
            return found.verdict, "S28" in owing, "S27" in owing

    assert seen() == (Verdict.FAIL, True, True)
    for code, told in (("S28", "还有党支部：S28B01、"), ("S11", "还有在办项目：2025-S11")):
        with pytest.raises(ActError, match=told):
            perform(engine, DAY, "dissolve_unit", unit=code, basis="撤并文件")
    with pytest.raises(ActError, match="必须写明依据"):
        perform(engine, DAY, "dissolve_unit", unit="S11B02", basis=" ")
    with reading(engine) as session:
        branches = sorted(code for code in load_world(session, "2025").units if code.startswith("S28B"))
    for code in ("S11B02", *branches, "S28"):
        perform(engine, DAY, "dissolve_unit", unit=code, basis="撤并文件")
    assert seen() == (Verdict.PASS, False, True)
    with reading(engine) as session:
        assert not {"S11B02", "S28"} & set(offered(session, "unit").values())
    for name, more in (("dissolve_unit", {"unit": "S28", "basis": "撤并文件"}), ("declare_project", {"cohort": "2025", "unit": "S11B02"})):
        with pytest.raises(ActError, match="已撤销"):
            perform(engine, DAY, name, **more)
