"""Today's desk: what each section lists, from hand-made situations."""

import json
from dataclasses import replace
from datetime import date
from urllib.parse import unquote

from config.vocabulary import AwardKind, MailState, Outcome, PhaseKind, ProjectState, RectificationState, SubmissionState, TaskKind
from flows.desk.links import Deployed, Links, artifact_key
from flows.desk.situation import Person, Situation
from flows.forms.labels import PHASE_FLOWS
from models.rules.office_work import OpenTask, WaitingBallot
from models.rules.snapshot import Assessment, Rectification
from tests.factories import BRANCH, SO, fact, project, world
from tests.situations import BUILDING, DECLARING, handed, other, paper, post, situation, view_of

S = SubmissionState


def groups(view):
    return {group.title: group for group in view.missing}


# who has not handed in


def test_a_unit_that_owes_is_named_with_contact_and_days():
    late = view_of(situation(project(state=DECLARING), on=date(2025, 12, 3)))
    row = groups(late)["《示范创建申报书》报送"].rows[0]
    assert (row.unit, row.contact, row.phone, row.days_left) == (BRANCH.name, "张老师", "0000-111", -1)  # 12-05 less three working days


def test_what_is_handed_in_is_the_sos_turn_and_then_nobodys():
    waiting = project(
        state=DECLARING, submissions=handed(paper("declaration_form", S.AWAITING_ENDORSEMENT), paper("evidence", S.HANDED_IN))
    )
    found = groups(view_of(situation(waiting, units=(SO,))))
    assert set(found) == {"《示范创建申报书》审核报送"}
    row = found["《示范创建申报书》审核报送"].rows[0]
    assert (row.unit, row.about, row.days_left) == (SO.name, BRANCH.name, 4)


def test_nobody_is_named_before_being_called():
    assert view_of(situation(project(state=BUILDING), on=date(2026, 10, 18))).missing == ()
    assert len(view_of(situation(project(state=BUILDING), on=date(2026, 10, 19))).missing) == 2


def test_after_the_end_of_a_cohort_nobody_is_chased():
    owing = project(state=BUILDING)
    assert len(view_of(situation(owing, on=date(2027, 12, 31))).missing) == 5
    assert view_of(situation(owing, on=date(2028, 1, 1))).missing == ()


def test_an_so_without_any_declaration_is_missing():
    found = groups(view_of(situation(units=(SO,))))
    assert [row.unit for row in found["至少申报 1 个样板党支部"].rows] == [SO.name]


def test_the_chat_text_lists_exactly_the_missing_and_no_telephone():
    names = [f"青石学院第{n}党支部" for n in range(1, 30)]
    owing = [project(other(n, name), DECLARING) for n, name in enumerate(names, start=1)]
    done = project(other(40, "海棠学院党支部"), DECLARING, submissions=handed(paper("declaration_form", S.HANDED_IN)))
    given = situation(*owing, done, people={f"S01B{n:02d}": Person("李老师", "0000-222") for n in range(1, 41)})
    chat = groups(view_of(given))["《示范创建申报书》报送"].chat
    assert chat == (
        f"【提醒】各位老师好：《示范创建申报书》请于12月2日（星期二）前报送，以下单位尚未报送：{'、'.join(names)}（共29个）。感谢支持！"
    )
    assert "0000-222" not in chat


def test_the_chat_text_of_a_passed_day_says_so():
    chat = groups(view_of(situation(project(state=DECLARING), on=date(2025, 12, 3))))["《支撑佐证材料》报送"].chat
    assert chat.startswith("【催办】各位老师好：《支撑佐证材料》应于12月2日（星期二）前报送，现已逾期，请尽快办理，以下单位尚未报送：")


def test_what_was_returned_or_failed_is_listed_but_not_for_the_group():
    returned = project(state=DECLARING, submissions=handed(paper("declaration_form", S.RETURNED), paper("evidence", S.COMPLETE)))
    order = Rectification("x/failed/1", 1, Outcome.FAILED, RectificationState.OPEN, date(2025, 11, 20), date(2026, 2, 20), 1, 1)
    papers = handed(paper("progress_report", S.COMPLETE), paper("results_report", S.COMPLETE))
    failing = project(other(2, "雪原学院党支部"), ProjectState.RECTIFYING, rectifications=(order,), submissions=papers)
    found = groups(view_of(situation(returned, failing)))
    assert {title: (len(group.rows), group.chat) for title, group in found.items()} == {
        "《示范创建申报书》退回后重报": (1, ""),
        "整改报告（第 1 轮）": (1, ""),
    }


# the coming days


def of_first_cohort(on):
    """Cohort 1 on a day: its papers are due on Saturday 2025-11-22."""
    state = project(SO, BUILDING, cohort="2023")
    return view_of(Situation(on, (world(state, cohort="2023"),)))


def test_a_saturday_counts_for_the_friday_before_it():
    assert date(2025, 11, 22) in [day.on for day in of_first_cohort(date(2025, 11, 17)).due]
    assert date(2025, 11, 22) not in [day.on for day in of_first_cohort(date(2025, 11, 14)).due]


def test_what_is_due_today_is_listed_and_what_was_due_yesterday_is_not():
    assert [day.on for day in of_first_cohort(date(2025, 11, 22)).due] == [date(2025, 11, 22)]
    assert of_first_cohort(date(2025, 11, 24)).due == ()


def test_due_papers_are_counted_by_day_and_kind():
    one = project(state=DECLARING, submissions=handed(paper("declaration_form", S.HANDED_IN)))
    two = project(other(2, "雪原学院党支部"), DECLARING)
    days = view_of(situation(one, two, on=date(2025, 12, 2))).due
    assert [(day.on, [(row.title, row.done, row.waiting) for row in day.rows]) for day in days] == [
        (date(2025, 12, 2), [("《支撑佐证材料》报送", 0, 2), ("《示范创建申报书》报送", 1, 1)]),
        (date(2025, 12, 5), [("《支撑佐证材料》审核报送", 0, 2), ("《示范创建申报书》审核报送", 1, 1)]),
    ]


# what needs a person


def needs(given, links=None):
    return [(action.what, action.about, action.since, action.form.text) for action in view_of(given, links).needs]


def test_a_declared_project_waits_for_its_initial_review():
    declared = project(state=ProjectState.DECLARED, facts=(fact("declare", 2, date(2025, 11, 28)),))
    assert needs(situation(declared)) == [("待初审", f"2025-S01B01 {BRANCH.name}", date(2025, 11, 28), "初审")]


def test_a_paper_with_defects_needs_a_person_and_names_them():
    arrived = paper("acceptance_application", S.HANDED_IN, endorsed_on=date(2025, 11, 21), pieces=2)
    running = project(SO, BUILDING, cohort="2023", submissions=handed(arrived))
    found = needs(situation(running, cohort="2023", on=date(2025, 11, 24)))
    what = "《工作验收申请书》有缺：应为 1 份，收到 2 份；缺少前置材料《师生满意度测评结果》"
    assert found == [(what, f"2023-S01 {SO.name}", date(2025, 11, 21), "退回修改")]
    left = replace(running, state=ProjectState.WITHDRAWN)
    assert needs(situation(left, cohort="2023", on=date(2025, 11, 24))) == []


def test_an_answered_rectification_waits_for_verification():
    order = Rectification(
        "2025-S01B01/failed/1", 1, Outcome.FAILED, RectificationState.ANSWERED, date(2026, 12, 20), date(2027, 3, 20), 1, 1
    )
    given = situation(
        project(state=ProjectState.RECTIFYING, rectifications=(order,)), on=date(2027, 2, 2), answered_on={order.code: date(2027, 2, 1)}
    )
    assert ("整改答复待核实（第 1 轮）", f"2025-S01B01 {BRANCH.name}", date(2027, 2, 1), "整改核实") in needs(given)


def scored(**more):
    """A project shortlisted and fully scored: ready for the committee."""
    plan = world().plan
    rubric = plan.programme.rubric(PhaseKind.DECLARATION, AwardKind.MODEL_BRANCH)
    marks = tuple(
        Assessment(PhaseKind.DECLARATION, part.key, 0, f"P{n:02d}", {c.key: c.points for c in part.criteria})
        for part in rubric.parts
        for n in range(part.assessors_min)
    )
    proposed = fact("propose", 3, date(2025, 12, 10), phase="declaration", round_no=0)
    return project(
        state=ProjectState.SHORTLISTED,
        assessments=marks,
        facts=(proposed, replace(proposed, seq=4, effective_on=date(2025, 12, 12))),
        **more,
    )


def ballot(*projects, code="2025-declaration-1"):
    return WaitingBallot(code, "2025", PhaseKind.DECLARATION, projects, date(2025, 12, 15), "7a1c")


def test_what_is_ready_can_be_put_before_the_committee():
    given = situation(scored(), on=date(2025, 12, 16))
    assert needs(given) == [("可提请党委决定", "2025 批次申报认定，1 个项目", date(2025, 12, 10), "党委决定")]
    assert [(row.ballot, row.unready, len(row.projects)) for row in view_of(given).undecided] == [("", 0, 1)]


def test_what_lacks_scores_is_not_called_ready():
    short = replace(scored(), assessments=scored().assessments[:1])
    given = situation(short, on=date(2025, 12, 16))
    assert needs(given) == [("联评组评审待评分", f"2025-S01B01 {BRANCH.name}", date(2025, 11, 4), "评分")]
    assert [(row.ballot, row.unready, len(row.projects)) for row in view_of(given).undecided] == [("", 1, 1)]


def test_what_many_projects_lack_is_one_line():
    short = [replace(scored(unit=other(n, f"雪原学院第{n}党支部")), assessments=scored().assessments[:n]) for n in (1, 2)]
    given = situation(*short, on=date(2025, 12, 16))
    assert needs(given) == [("联评组评审待评分", "2025 批次申报认定，2 个项目", date(2025, 11, 4), "评分")]


def test_what_else_keeps_projects_from_the_committee_is_told_apart():
    """A hit on the negative list is no score that somebody owes, and must be looked at all the same."""
    hit = replace(scored(), facts=(*scored().facts, fact("check_negative_list", 9, hits=[{"item": "责任事件", "on": "2025-01-01"}])))
    given = situation(hit, on=date(2025, 12, 16))
    assert needs(given) == [("有未了事项，暂不宜提请决定", "2025 批次申报认定，1 个项目", date(2025, 12, 10), "党委决定")]


def test_a_ballot_takes_its_projects_and_leads_to_the_run_that_waits():
    rest = replace(scored(unit=other(2, "雪原学院党支部")))
    given = situation(scored(), rest, on=date(2025, 12, 16), ballots=(ballot("2025-S01B01"),))
    view = view_of(given)
    assert [(row.ballot, row.projects, row.since) for row in view.undecided] == [
        ("2025-declaration-1", (f"2025-S01B01 {BRANCH.name}",), date(2025, 12, 15)),
        ("", ("2025-S01B02 雪原学院党支部",), date(2025, 12, 10)),
    ]
    assert view.undecided[0].form.href == "/v2/runs/flow-run/7a1c"


def test_a_ballot_whose_run_has_ended_leads_to_the_form_that_makes_a_new_one():
    given = situation(scored(), on=date(2025, 12, 16), ballots=(ballot("2025-S01B01"),))
    view = view_of(given, Links(ended=frozenset({"7a1c"})))
    again = Links().form("党委决定")
    found = [row.form for row in (*view.undecided, *view.needs) if "结束" in row.form.text]
    assert {(form.text, form.href) for form in found} == {("原运行已结束，请重新提请：党委决定", again.href)}
    assert len(found) == 2, "among what waits for the committee, and among what needs a person"


def test_a_ballot_overtaken_by_events_is_left_out():
    assert view_of(situation(project(state=BUILDING), ballots=(ballot("2025-S01B01"),))).undecided == ()


def test_an_undelivered_mail_needs_a_person_and_its_task_is_not_listed_twice():
    own = OpenTask(f"{TaskKind.WRONG_ADDRESS}:reminder:a", TaskKind.WRONG_ADDRESS, "云杉学院党委", "邮件被拒收", date(2025, 12, 1))
    unrelated = OpenTask(f"{TaskKind.TELEPHONE}:x", TaskKind.TELEPHONE, "云杉学院党委", "请致电", date(2025, 11, 28))
    view = view_of(situation(tasks=(own, unrelated), troubled=(post(MailState.FAILED),)))
    assert [(a.what, a.about, a.since, a.form.text) for a in view.needs] == [
        ("邮件发送失败：【提醒】材料", "云杉学院党委", date(2025, 12, 1), "变更联系人")
    ]
    assert [task.text for task in view.tasks] == ["请致电"]
    assert len(view_of(situation(tasks=(own, unrelated))).tasks) == 2


def test_recent_mails_show_when_by_the_business_zone():
    line = view_of(situation(recent=(post(MailState.SENT),))).mails[0]
    assert (line.at, line.unit, line.state) == ("12-01 09:00", "云杉学院党委", MailState.SENT)


def test_what_waits_longest_comes_first():
    old = project(state=ProjectState.DECLARED, facts=(fact("declare", 2, date(2025, 11, 20)),))
    new = project(other(2, "雪原学院党支部"), facts=(fact("declare", 2, date(2025, 11, 27)),))
    assert [since for _, _, since, _ in needs(situation(new, old))] == [date(2025, 11, 20), date(2025, 11, 27)]


# links


def test_every_form_and_phase_named_is_a_deployment():
    from flows.deployments import ALL
    from flows.desk import attention, links

    known = {row.flow.name for row in ALL}
    named = {attention.CHANGE_CONTACT, *attention.FORM.values()}
    assert named | set(PHASE_FLOWS.values()) | {links.COMMITTEE, links.RECTIFICATION, links.DELIVERY, links.SHEET, links.REPORT} <= known


SCHEMA = {
    "properties": {"登记": {"allOf": [{"$ref": "#/definitions/Form"}]}},
    "definitions": {"Form": {"properties": {"project": {"type": "string"}, "reasons": {"type": "array"}}}},
}


def test_a_link_fills_in_what_the_form_has_and_nothing_else():
    known = Links({"初审": Deployed("42", SCHEMA)})
    assert known.form("初审", project="2025-S01").href == (
        "/v2/deployments/deployment/42/run?parameters=%7B%22%E7%99%BB%E8%AE%B0%22%3A%20%7B%22project%22%3A%20%222025-S01%22%7D%7D"
    )
    assert known.form("初审", reasons="x", unknown="y").href == "/v2/deployments/deployment/42/run"
    assert known.form("评分").href == "/v2/deployments?flowOrDeploymentName=%E8%AF%84%E5%88%86"


OFFERED = {
    "properties": {"决定": {"$ref": "#/definitions/Form"}},
    "definitions": {"Form": {"properties": {"cohort": {"type": "string", "enum": ["2023 首批创建"]}, "phase": {"enum": ["审查评估"]}}}},
}


def test_a_link_fills_a_drop_down_with_what_it_offers():
    """Prefect refuses a form whose value is not among the options, even one that our own link has filled in."""
    known = Links({"党委决定": Deployed("7", OFFERED)})
    filled = unquote(known.form("党委决定", cohort="2023", phase="审查评估").href.partition("?parameters=")[2])
    assert json.loads(filled) == {"决定": {"cohort": "2023 首批创建", "phase": "审查评估"}}
    assert known.form("党委决定", cohort="2025", phase="review").href == "/v2/deployments/deployment/7/run", "not offered: left open"


def test_keys_are_what_prefect_accepts():
    assert artifact_key("ledger", "2025_A", "mid_term") == "ledger-2025-a-mid-term"
