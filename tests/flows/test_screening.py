"""What has arrived is looked at: defects by rule, the return letter they make, the package of an SO (R15, R43–R45, R60)."""

import zipfile
from datetime import date
from io import BytesIO

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlmodel import select

from config.settings import settings
from config.vocabulary import SubmissionState
from flows.forms.choices import offered
from flows.forms.model import checked
from flows.screening import CheckRequest, PackageRequest, check_project_papers, make_package, markdown_of
from flows.steps.acts import perform
from flows.steps.checking import look
from flows.steps.errors import ActError
from flows.steps.package import package_sheet
from models.history import Act, count_events
from models.imports.word import UnreadableError, read_paper
from models.store import reading
from models.tables import Event, Submission
from tests.flows.test_forms import inbox as inbox_of

inbox = inbox_of
CASE = {"project": "2023-S01", "deliverable": "typical_case"}


def on(day):
    return Act("A01", "command:test", date.fromisoformat(day))


def word(path, *paragraphs, table=()):
    made = Document()
    for text in paragraphs:
        made.add_paragraph(text)
    if table:
        made.add_table(rows=1, cols=1).cell(0, 0).text = table
    made.save(path)


def looked(engine, project, deliverable, day="2025-11-20"):
    with reading(engine) as session:
        sheet = look(session, project, date.fromisoformat(day))
    return next(paper for paper in sheet.papers if paper.deliverable == deliverable)


GOOD = ("一、背景", "二、主要做法", "三、工作成效", "四、经验启示", "字" * 600)


def test_a_case_in_order_has_no_defect_and_each_flaw_is_told(engine, inbox):
    word(inbox / "案例.docx", *GOOD)
    perform(engine, on("2025-11-18"), "hand_in", **CASE, files=["案例.docx"])
    assert looked(engine, "2023-S01", "typical_case").defects == ()
    word(inbox / "长案例.docx", "一、背景", "二、主要做法", "字 " * 3000, table="四、经验启示")
    perform(engine, on("2025-11-18"), "hand_in", project="2023-S02", deliverable="typical_case", pieces=2, files=["长案例.docx"])
    assert looked(engine, "2023-S02", "typical_case").defects == (
        "应为 1 份，收到 2 份", "长案例.docx 共 3016 字，超过 3000 字", "长案例.docx 缺少标题：成效",
    )  # fmt: skip


def test_a_declaration_needs_its_seal_and_its_format(engine, inbox):
    perform(engine, on("2025-11-12"), "declare_project", cohort="2025", unit="S05")
    paper = {"project": "2025-S05", "deliverable": "declaration_form"}
    perform(engine, on("2025-11-20"), "hand_in", **paper, files=["申报书.wps"])
    assert looked(engine, "2025-S05", "declaration_form").defects == (
        "应有 .docx、.pdf 格式的文件，收到申报书.wps",
        "没有盖章签字页（文件名中应写明“盖章”，格式为 .pdf、.jpg、.jpeg、.png）",
    )
    perform(engine, on("2025-11-20"), "return_paper", **paper, reasons=["请按要求"])
    perform(engine, on("2025-11-20"), "hand_in", **paper, files=["申报书.docx", "盖章页.pdf"])
    seen = looked(engine, "2025-S05", "declaration_form")
    assert (seen.defects, seen.remarks) == ((), ("申报书.docx：文件未放入收件箱，未核对内容，请人工核对",))


def test_an_allowed_paper_that_is_not_read_is_for_people_to_count(engine):
    perform(engine, on("2025-11-18"), "hand_in", **CASE, files=["案例.pdf"])
    seen = looked(engine, "2023-S01", "typical_case")
    assert (seen.defects, seen.remarks) == ((), ("案例.pdf：未核对字数和内容，请人工核对",))


def test_an_original_that_lies_elsewhere_is_no_defect(engine):
    perform(engine, on("2025-11-18"), "hand_in", **CASE, kept_at="档案柜 3 号")
    seen = looked(engine, "2023-S01", "typical_case")
    assert (seen.defects, seen.remarks) == ((), ("原件存放于档案柜 3 号，请人工核对",))


def test_a_survey_that_is_missing_is_a_defect_of_the_application(engine):
    perform(
        engine, on("2025-11-18"), "hand_in", project="2023-S01", deliverable="acceptance_application", files=["盖章页.pdf"], despite="先收"
    )
    assert looked(engine, "2023-S01", "acceptance_application").defects == ("没有满意度测评结果", "缺少前置材料《师生满意度测评结果》")


def test_a_paper_is_returned_for_what_was_found(engine, inbox):
    word(inbox / "短案例.docx", "二、主要做法", "字" * 100)
    perform(engine, on("2025-11-18"), "hand_in", **CASE, files=["短案例.docx"])
    with reading(engine) as session:
        fields = checked(
            session, "return_paper", {"paper": "2023-S01 云杉学院党委《典型案例》2025-11-18", "as_checked": True, "reasons": "语句不通"}
        )
    perform(engine, on("2025-11-20"), "return_paper", **fields)
    with reading(engine) as session:
        told = session.exec(select(Event).where(Event.event == "return")).one().payload
    assert told["reasons"] == ["短案例.docx 只有 106 字，至少 500 字", "短案例.docx 缺少标题：背景、成效、启示", "语句不通"]
    assert told["due_on"] == "2025-11-25"


def test_nothing_found_returns_nothing(engine, inbox):
    word(inbox / "案例.docx", *GOOD)
    perform(engine, on("2025-11-18"), "hand_in", **CASE, files=["案例.docx"])
    with pytest.raises(ActError, match="核对没有发现问题，未退回"):
        perform(engine, on("2025-11-20"), "return_paper", **CASE, as_checked=True)
    with pytest.raises(ActError, match="退回修改必须列明理由"):
        perform(engine, on("2025-11-20"), "return_paper", **CASE)


def test_a_file_that_is_no_word_or_a_bomb_is_not_read(tmp_path):
    for name, make in {
        "text": lambda path: path.write_bytes(b"hello"),
        "empty zip": lambda path: zipfile.ZipFile(path, "w").close(),
        "bomb": lambda path: zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED).writestr("word/document.xml", b"0" * (21 << 20)),
        "no xml": lambda path: zipfile.ZipFile(path, "w").writestr("word/document.xml", b"<w"),
    }.items():
        path = tmp_path / f"{name}.docx"
        make(path)
        with pytest.raises(UnreadableError):
            read_paper(path)


def test_the_form_shows_papers_conditions_and_evidence(engine, inbox):
    perform(engine, on("2025-11-12"), "declare_project", cohort="2025", unit="S01B03")
    perform(engine, on("2025-11-20"), "hand_in", project="2025-S01B03", deliverable="declaration_form", files=["申报书.wps"])
    with reading(engine) as session:
        before = count_events(session)
        said = markdown_of(look(session, "2025-S01B03", date(2025, 11, 20)))
        assert count_events(session) == before
    assert "草稿【退回修改】：以上 2 条为理由，请于 2025年11月25日" in said
    assert "| 近三年表彰或述职评议等次 | 符合 |" in said
    assert "2024-06-28 先进基层党组织（校级） | 2025-12-05 |" in said
    assert CheckRequest(project="2025-S01B03 某支部").code == "2025-S01B03"
    assert PackageRequest(cohort="2025 第二批", so="S01 某学院").code == "S01"


def declare_with_papers(engine, unit, *papers):
    perform(engine, on("2025-11-12"), "declare_project", cohort="2025", unit=unit)
    for paper in papers:
        perform(engine, on("2025-12-01"), "hand_in", project=f"2025-{unit}", deliverable=paper, files=["a.docx"])


def states(engine):
    with reading(engine) as session:
        return {row.code.removesuffix("/v1"): row.state for row in session.exec(select(Submission))}


PACKAGE = {"cohort": "2025", "so": "S01", "opinion": "经审核，同意申报"}


def test_a_package_goes_whole_or_not_at_all(engine):
    declare_with_papers(engine, "S01B03", "declaration_form", "evidence")
    declare_with_papers(engine, "S01B04", "declaration_form")
    with pytest.raises(ActError) as refused:
        perform(engine, on("2025-12-04"), "submit_package", **PACKAGE)
    assert "全部未报送：\n2025-S01B04 《支撑佐证材料》未报" in str(refused.value)
    assert set(states(engine).values()) == {SubmissionState.AWAITING_ENDORSEMENT}
    perform(engine, on("2025-12-04"), "hand_in", project="2025-S01B04", deliverable="evidence", files=["b.pdf"])
    assert perform(engine, on("2025-12-04"), "submit_package", **PACKAGE) == "云杉学院党委 4 份材料"
    assert set(states(engine).values()) == {SubmissionState.HANDED_IN}
    with reading(engine) as session:
        opinions = [event.payload["opinion"] for event in session.exec(select(Event).where(Event.event == "endorse"))]
    assert opinions == ["经审核，同意申报"] * 4
    with pytest.raises(ActError, match="没有等待审核的材料"):
        perform(engine, on("2025-12-04"), "submit_package", **PACKAGE)


def test_one_paper_that_cannot_be_endorsed_keeps_the_package_back(engine):
    declare_with_papers(engine, "S01B03", "declaration_form", "evidence")
    with pytest.raises(ActError, match="有 2 项不能登记，全部未登记") as refused:
        perform(engine, on("2025-12-04"), "submit_package", **PACKAGE, endorsed_on=date(2025, 11, 30))
    assert "2025-S01B03 evidence：审核日期 2025-11-30 早于报送日期 2025-12-01" in str(refused.value)
    assert set(states(engine).values()) == {SubmissionState.AWAITING_ENDORSEMENT}
    with pytest.raises(ActError, match="不是二级党组织"):
        perform(engine, on("2025-12-04"), "submit_package", **{**PACKAGE, "so": "S01B03"})


def test_an_so_that_declares_only_itself_hands_in_its_package_once_and_is_told_what_is_short(engine):
    declare_with_papers(engine, "S01", "declaration_form", "evidence")
    told = "云杉学院党委 0 份材料，本级申报材料一并报送；样板党支部 0 项，少于 1 项"
    assert perform(engine, on("2025-12-04"), "submit_package", **PACKAGE) == told
    with reading(engine) as session:
        [event] = session.exec(select(Event).where(Event.event == "submit_package"))
    assert (event.stream, event.payload["opinion"]) == ("project:2025-S01", "经审核，同意申报")
    with pytest.raises(ActError, match="没有等待审核的材料"):
        perform(engine, on("2025-12-04"), "submit_package", **PACKAGE)


def test_an_so_that_is_exempt_is_not_told_of_a_shortage(engine):
    perform(engine, on("2025-11-20"), "exempt", cohort="2025", unit="S01", reason="没有符合条件的党支部")
    declare_with_papers(engine, "S01", "declaration_form", "evidence")
    assert perform(engine, on("2025-12-04"), "submit_package", **PACKAGE).endswith("一并报送")


def test_an_incomplete_package_goes_with_a_reason(engine):
    declare_with_papers(engine, "S01B03", "declaration_form")
    perform(engine, on("2025-12-04"), "submit_package", **PACKAGE, despite="佐证随后补报")
    with reading(engine) as session:
        event = session.exec(select(Event).where(Event.event == "endorse")).one()
    assert event.payload["opinion"] == "经审核，同意申报（不齐仍报送：佐证随后补报）"


def test_the_cover_list_says_what_is_there_and_what_is_not(engine):
    declare_with_papers(engine, "S01", "evidence")
    sealed = ["申报书.docx", "申报书盖章页.pdf"]
    perform(engine, on("2025-12-01"), "hand_in", project="2025-S01", deliverable="declaration_form", files=sealed)
    perform(engine, on("2025-12-02"), "name_secretary_project", project="2025-S01", title="党建领航")
    with pytest.raises(ActError, match="没有申报"), reading(engine) as session:
        package_sheet(session, "2025", "S02", date(2025, 12, 4))
    declare_with_papers(engine, "S02B03", "declaration_form")
    with reading(engine) as session:
        page = load_workbook(BytesIO(package_sheet(session, "2025", "S01", date(2025, 12, 4)))).active
        other = load_workbook(BytesIO(package_sheet(session, "2025", "S02", date(2025, 12, 4)))).active
    rows = list(page.iter_rows(min_row=4, values_only=True))
    assert [(row[1], row[4], row[9]) for row in rows] == [("2025-S01", "党建领航", "是")]
    assert "样板党支部 0 项，少于 1 项" in page["A2"].value
    assert other["J4"].value == "否"
    flaw = "《示范创建申报书》没有盖章签字页（文件名中应写明“盖章”，格式为 .pdf、.jpg、.jpeg、.png）"
    assert other["K4"].value == f"《支撑佐证材料》未报；{flaw}"
    perform(engine, on("2025-12-02"), "hand_in", project="2025-S02B03", deliverable="evidence", files=["b.pdf"])
    with reading(engine) as session:
        other = load_workbook(BytesIO(package_sheet(session, "2025", "S02", date(2025, 12, 4)))).active
    assert (other["J4"].value, other["K4"].value) == ("待核对", flaw)
    assert "共 1 项，材料齐全 0 项、待核对 1 项" in other["A2"].value


def test_on_the_command_line(creation, engine, tmp_path):
    declare_with_papers(engine, "S01B03", "declaration_form")
    code, said = creation("check", "2025-S01B03", "--json")
    assert (code, '"defects"' in said, '"evidence"' in said) == (0, True, True)
    code, said = creation("check", "2025-S01B03")
    assert (code, "return_paper" in said) == (0, True)
    out = tmp_path / "汇总.xlsx"
    assert creation("package", "2025", "S01", "--out", str(out))[0] == 0
    assert load_workbook(out).active["B4"].value == "2025-S01B03"
    code, said = creation("record", "submit_package", "cohort=2025", "so=S01", "opinion=同意", "endorsed_on=2025-12-04",
                          "despite=佐证随后补报", "--by", "A01")  # fmt: skip
    assert (code, "整包报送已登记：云杉学院党委 1 份材料" in said) == (0, True)
    assert creation("check", "没有这个项目")[0] == 2


@pytest.fixture
def data(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("CREATION_DATA", str(tmp_path))
    monkeypatch.setenv("CREATION_DATABASE_URL", str(engine.url))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_both_forms_make_what_they_promise_and_record_nothing(engine, data):
    declare_with_papers(engine, "S01B03", "declaration_form")
    with reading(engine) as session:
        before = count_events(session)
        wanted = (("project", "2025-S01B03"), ("cohort", "2025"), ("so", "S01"))
        project, cohort, so = (next(text for text, code in offered(session, kind).items() if code == want) for kind, want in wanted)
    assert "草稿【退回修改】" in check_project_papers.fn(CheckRequest(project=project))
    path = make_package.fn(PackageRequest(cohort=cohort, so=so))
    assert (path.parent, path.name.startswith("申报材料汇总表-2025-S01-")) == (data / "sheets", True)
    with pytest.raises(ActError, match="没有选择项目"):
        check_project_papers.fn(CheckRequest(project=""))
    with reading(engine) as session:
        assert count_events(session) == before


def test_the_deployments_have_the_forms():
    from flows.deployments import ALL

    names = {row.flow.name for row in ALL}
    assert {"材料核对", "生成申报材料汇总表", "整包报送", "按表登记满意度测评"} <= names
