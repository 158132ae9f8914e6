"""A clerk's day in the browser, form by form. Each is held against our own database or mailbox, not only against the page."""

from collections import Counter
from datetime import date

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from config.vocabulary import AuthMethod, Outcome, SubmissionState
from models.tables import Cohort, Deadline, Decision, Event, Project, Submission, Unit
from tests.browser.installation import BUILDING, TODAY, until
from tests.browser.pages import WAITS

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("browser")]
FORM_PAPER = "示范创建申报书"
STILL_MISSING = ("2025-S19B03", "2025-S20B03")
"""Declared, and not among the twenty that hand in."""
COHORT_2023, COHORT_2025 = "2023 首批“一融双高”典型示范创建", "2025 第二批“一融双高”典型示范创建"


def event_of(installation, run, name):
    """The events of one kind that a run has made."""
    return installation.rows(select(Event).where(Event.origin == run, Event.event == name))


def declarations(installation):
    """Project → its declaration form's row."""
    query = select(Project.code, Submission).join(Submission).where(Submission.deliverable == "declaration_form")
    return dict(installation.rows(query))


def labels_2025(installation):
    """What drop-downs show for the twenty."""
    query = select(Project.code, Unit.name).join(Unit).where(col(Project.code).startswith("2025-")).order_by(Project.code)
    return [f"{code} {name}" for code, name in installation.rows(query) if code not in (*STILL_MISSING, *BUILDING)]


def letter(installation, box, subject):
    """Wait until a mailbox has a letter."""
    return until(lambda: [one for one in installation.letters() if box in one[0] and subject in one[1]], f"{subject} to {box}")


def completed(office):
    """Wait for the run of the page; what it says is told when it is not well."""
    state = office.ended()
    assert state == "Completed", office.reason()
    return office.run()


def test_only_the_password_of_the_installation_opens_the_desk(visitor, installation):
    pages = visitor()
    pages.sign_in("admin:guess")
    expect(pages.page.get_by_role("button", name="Login")).to_be_visible()
    expect(pages.page.get_by_role("link", name="Deployments", exact=True)).to_have_count(0)
    pages.sign_in(installation.login)
    expect(pages.page.get_by_role("link", name="Deployments", exact=True)).to_be_visible()
    pages.page.context.close()


def test_the_desk_is_there_before_anything_has_been_done(office, installation):
    """The runner makes it once its forms are up."""
    until((installation.data / "desk.html").exists, "the desk of this machine")
    page = office.page
    page.goto(f"{installation.url}/v2/artifacts/key/desk")
    until(lambda: page.get_by_role("link", name="查看全部").count() or (page.reload() and None), "the desk in Prefect")
    expect(page.get_by_text("需要您处理").first).to_be_visible()


def test_a_batch_is_opened_and_offered_at_once(office, installation):
    office.open_form("建立批次")
    office.choose("方案", "2027")
    office.sign("A01", code=False)
    office.submit()
    run = completed(office)
    (cohort,) = installation.rows(select(Cohort).where(Cohort.code == "2027"))
    assert [event.actor for event in event_of(installation, run, "open")] == ["A01"]
    due = installation.rows(select(Deadline.due_on).where(Deadline.cohort_id == cohort.id, Deadline.deliverable == "declaration_form"))
    assert due == [date(2027, 12, 6)]
    office.open_form("申报认定")
    assert office.options("批次") == ["2027 第三批“一融双高”典型示范创建", COHORT_2025, COHORT_2023]


def test_twenty_hand_ins_are_recorded_with_one_form(office, installation, picture):
    twenty = labels_2025(installation)
    assert len(twenty) == 20
    office.open_form("批量报送登记")
    office.choose("材料", FORM_PAPER)
    office.choose_many("项目（可多选）", twenty)
    office.pick_day("二级党组织审核日期", TODAY.isoformat())
    office.sign("A01", code=False)
    picture(office.page, "form-many")
    office.submit()
    run = completed(office)
    office.page.get_by_role("tab", name="Artifacts").click()
    expect(office.page.get_by_text("批量报送登记：完成 20/20")).to_be_visible()
    picture(office.page, "run-many", afresh=True)
    handed = declarations(installation)
    assert {f"{code} " for code in handed} == {label[: label.index(" ") + 1] for label in twenty}
    assert {(paper.state, paper.received_on) for paper in handed.values()} == {(SubmissionState.HANDED_IN, TODAY)}
    assert len(event_of(installation, run, "hand_in")) + len(event_of(installation, run, "hand_in_to_so")) == 20
    letter(installation, "s05b03-contact@", "【回执】")


def test_what_was_recorded_wrongly_is_taken_back_with_a_code(office, installation):
    wrong = labels_2025(installation)[:2]
    office.open_form("批量撤回报送登记")
    office.choose_many("材料（可多选）", [f"{label}《{FORM_PAPER}》{TODAY}" for label in wrong])
    office.type("理由", "装订错误，单位取回重报")
    office.sign("A02")
    office.submit()
    run = completed(office)
    papers = declarations(installation)
    assert sorted(code for code, paper in papers.items() if paper.state == SubmissionState.RETURNED) == [one.split()[0] for one in wrong]
    assert {(event.actor, event.auth_method) for event in event_of(installation, run, "retract")} == {("A02", AuthMethod.ONE_TIME_CODE)}


def test_a_phase_is_run_to_its_end(office, installation, picture):
    office.open_form("申报认定")
    office.choose("批次", COHORT_2025)
    office.submit()
    run = completed(office)
    expect(office.page.get_by_role("main").get_by_text("2025 申报认定")).to_be_visible()
    assert "材料齐全核对：流转或登记 18 项" in office.log()
    picture(office.page, "run-phase")
    states = [paper.state for paper in declarations(installation).values()]
    assert (states.count(SubmissionState.COMPLETE), states.count(SubmissionState.RETURNED)) == (18, 2)
    assert len(event_of(installation, run, "complete")) == 18


def test_a_day_to_come_is_refused_in_chinese(office, installation, picture):
    office.open_form("申报认定")
    office.choose("批次", COHORT_2025)
    office.pick_day("办理日期", "2025-12-31")
    office.submit()
    assert office.ended() == "Failed"
    _day, *row = office.log().strip().splitlines()
    assert row[:2] == ["ERROR", "未办理：办理日期 2025-12-31 晚于今天 2025-12-03；请留空或改为今天以前的日期"]
    assert row[3:] == ["creation"], "nothing else stands in the log"
    picture(office.page, "run-refused")
    assert "未办理：办理日期 2025-12-31 晚于今天 2025-12-03" in office.reason()
    assert installation.rows(select(Event).where(Event.origin == office.run())) == []


def test_one_units_deadline_is_moved_with_a_code(office, installation):
    office.open_form("个别延期")
    office.choose("批次", COHORT_2025)
    office.choose("对象", "2025-S20B03 流萤学院本科生第一党支部")
    office.choose("材料", FORM_PAPER)
    office.pick_day("期限", "2025-12-10")
    office.type("依据", "党委批示")
    office.sign("A01")
    office.submit()
    run = completed(office)
    rows = installation.rows(select(Deadline).where(Deadline.subject == "2025-S20B03"))
    assert [(row.deliverable, row.due_on, row.basis) for row in rows] == [("declaration_form", date(2025, 12, 10), "党委批示")]
    signed = installation.rows(select(Event.actor, Event.auth_method).where(Event.origin == run))
    assert set(signed) == {("A01", AuthMethod.ONE_TIME_CODE)}
    letter(installation, "s20b03-contact@", "【延期通知】")


def test_a_survey_is_recorded(office, installation):
    office.open_form("满意度测评")
    office.choose("项目", "2023-S06B01 白桦学院教师第一党支部")
    for label, value in (("发放份数", 40), ("回收份数", 40), ("有效份数", 38)):
        office.number(label, value)
    office.type("各题结果", "28 8 2 0\n26 10 2 0")
    office.sign("A02", code=False)
    office.submit()
    (event,) = event_of(installation, completed(office), "record_survey")
    assert (event.stream, event.actor) == ("project:2023-S06B01", "A02")
    assert (event.payload["valid"], event.payload["questions"]) == (38, [[28, 8, 2, 0], [26, 10, 2, 0]])


def test_the_desk_says_who_is_missing(office, installation, picture):
    """In Prefect, and on the page of this machine that needs no Prefect."""
    page = office.page
    page.goto(f"{installation.url}/v2/artifacts/key/desk")
    page.get_by_role("link", name="查看全部").click()
    page.get_by_role("heading", name="谁还没交").wait_for()
    names = dict(installation.rows(select(Project.code, Unit.name).join(Unit)))
    missing = {names[code] for code in STILL_MISSING}
    for name in missing:
        expect(page.get_by_role("row").filter(has_text=name).first).to_be_visible()
    page.goto(f"http://{installation.login}@127.0.0.1:{installation.web}/desk")
    picture(page, "desk")
    told = "".join(text for text in page.get_by_text("以下单位尚未报送").all_inner_texts() if FORM_PAPER in text)
    handed = {names[code] for code, paper in declarations(installation).items() if paper.state == SubmissionState.COMPLETE}
    assert {name for name in missing | handed if name in told} == missing


def test_the_committees_decision_is_taken_on_the_page_of_its_run(office, installation, picture):
    """From the desk's own link, filled in already; the run waits, and goes on with what is typed into its dialog."""
    page = office.page
    page.goto(f"{installation.url}/v2/artifacts/key/desk")
    page.get_by_role("link", name="党委决定", exact=True).first.click()
    office.form_is_there()
    expect(page.get_by_role("button", name="Select 阶段")).to_have_text("审查评估")
    office.submit()
    office.ended(WAITS)
    assert installation.rows(select(Decision)) == []
    dialog = office.meet(20, "A03")
    office.type("与建议不同或有未了事项时的理由", "2023-S11B01 群众反映问题尚待查清")
    picture(page, "dialog-decision")
    office.choose("样板党支部第 13 名　2023-S11B01", "不合格")
    office.resume(dialog)
    run = completed(office)
    rows = installation.rows(select(Project.code, Decision).join(Decision))
    assert len(rows) == 16
    assert Counter(row.outcome for _, row in rows) == {Outcome.EXCELLENT: 1, Outcome.QUALIFIED: 14, Outcome.NOT_ACCEPTED: 1}
    assert [code for code, row in rows if row.outcome == Outcome.NOT_ACCEPTED] == ["2023-S11B01"]
    assert {(row.recorded_by, row.meeting, row.decided_on) for _, row in rows} == {("A03", "党委会2025年第20次会议", TODAY)}
    assert {event.auth_method for event in event_of(installation, run, "accept")} == {AuthMethod.ONE_TIME_CODE}
    letter(installation, "s01-contact@", "【结果通知】")


def test_the_mid_term_decision_sends_one_into_rectification(office, installation):
    """Two of the second batch are building already: one passes, one is to put things right."""
    office.open_form("党委决定")
    office.choose("批次", COHORT_2025)
    office.choose("阶段", "管理考核")
    office.submit()
    office.ended(WAITS)
    dialog = office.meet(21, "A02")
    office.resume(dialog)
    run = completed(office)
    rows = installation.rows(select(Project.code, Decision.outcome).join(Decision).where(col(Project.code).in_(BUILDING)))
    assert dict(rows) == dict(zip(BUILDING, (Outcome.PASSED, Outcome.FAILED), strict=True))
    assert [event.stream for event in event_of(installation, run, "fail_mid_term")] == [f"project:{BUILDING[1]}"]
    letter(installation, "s22b01-contact@", "【限期整改】")


def test_the_report_is_made_by_its_form_and_shows_the_wall(office, installation, picture):
    page = office.page
    office.open_form("生成进展报告")
    office.choose("批次", COHORT_2023)
    office.submit()
    completed(office)
    page.get_by_role("tab", name="Artifacts").click()
    link = page.locator("a[href*='/reports/']").first.get_attribute("href")
    page = page.context.new_page()
    page.set_viewport_size({"width": 1480, "height": 760})  # the report is laid out for A3
    page.goto(link)
    picture(page, "report-front")
    wall = page.locator("table.wall")
    expect(wall).to_be_visible()
    wall.scroll_into_view_if_needed()
    picture(page, "report-wall")
    units = installation.rows(select(Unit.name).join(Project).where(col(Project.code).startswith("2023-")))
    assert [name for name in units if name not in wall.inner_text()] == []
    expect(page.get_by_role("heading", name="阶段与时限")).to_be_visible()
    page.close()
