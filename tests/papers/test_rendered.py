"""Every Word and Excel paper as LibreOffice prints it: as many pages as expected, Chinese text, typefaces embedded, nothing unfilled."""

from datetime import date

import pytest
from sqlmodel import select

from config.vocabulary import DocumentKind, ListKind, PhaseKind
from flows.steps.acts import perform
from flows.steps.annual import annual_workbook
from flows.steps.awards import awards_sheet
from flows.steps.defence_sheet import defence_sheet
from flows.steps.documents import document
from flows.steps.handover import handover_sheet
from flows.steps.lists import list_sheet
from flows.steps.package import package_sheet
from flows.steps.score_sheets import score_books
from flows.steps.sheets import ballot_sheet, hand_in_sheet, target_sheet
from models.database import engine_for
from models.history import Act
from models.store import reading
from models.tables import Ballot
from tests.conftest import keep
from tests.flows.test_documents import fail
from tests.papers import rendering as r

pytestmark = [r.NEEDS_LIBREOFFICE, pytest.mark.xdist_group("libreoffice")]
DAY = date(2025, 12, 30)
DOCUMENTS = {
    DocumentKind.DECLARATION: ("2025-S11", 3, ("标杆二级党组织申报书", "金穗学院党委", "申报条件对照", "不符合")),
    DocumentKind.APPLICATION: ("2023-S01", 4, ("工作验收申请书", "云杉学院党委", "满意率", "组织部核查：无负面清单事项")),
    DocumentKind.AGENDA: ("2025-declaration-1", 9, ("关于审定", "的议题", "标杆二级党组织", "以上建议当否")),
    DocumentKind.RESULT_NOTICE: ("2025-S10", 1, ("雪原学院党委：", "结果为：未入选", "特此通知")),
    DocumentKind.RETURN_LETTER: ("2023-S08B01", 1, ("关于退回修改《典型案例》的函", "应为1篇", "修改后重新报送")),
    DocumentKind.RECTIFICATION_ORDER: ("2023-S05B01", 1, ("整改通知书", "1.台账不全。", "整改期限")),
    DocumentKind.PUBLICITY_NOTICE: ("2025-declaration-1", 3, ("公示", "5个工作日", "标杆二级党组织")),
    DocumentKind.VALUE_ADDED: ("2025-S05", 2, ("增值自评表", "服务师生（人次）")),
}
"""Kind → about what, how many pages at most, what must be read on them."""
LISTS = {
    ListKind.SUMMARY: ("2023", 2, ("首批", "汇总表", "松涛学院教师第一党支部", "0000-0701000")),
    ListKind.LEDGER: ("2023", 2, ("材料台账", "典型案例", "齐全", "2025-11-18")),
    ListKind.MISSING: ("2025", 3, ("未完成任务名单", "提醒记录")),
    ListKind.PANEL_SIGN_IN: ("2025", 2, ("评审会签到表", "评审专家1", "签名")),
    ListKind.MEETING_SIGN_IN: ("2023", 2, ("会议签到表", "云杉书记", "会议时间")),
}


@pytest.fixture(scope="module")
def printed(evening, tmp_path_factory):
    """File stem → the PDF of every paper, all made by one LibreOffice."""
    folder = tmp_path_factory.mktemp("printed")
    keep(evening(DAY), folder / "played.db")
    engine = engine_for(f"sqlite:///{folder / 'played.db'}")
    fail(engine, DOCUMENTS[DocumentKind.RECTIFICATION_ORDER][0])
    with reading(engine) as session:
        files = [written(folder, f"{kind.label}.docx", document(session, kind, about, DAY)) for kind, (about, *_) in DOCUMENTS.items()]
        files += [
            written(folder, f"{kind.label}.xlsx", list_sheet(session, kind, about, DAY))
            for kind, (about, *_) in LISTS.items()
            if kind != ListKind.MISSING
        ]
        ballot = session.exec(select(Ballot).where(Ballot.phase == PhaseKind.DECLARATION)).first()
        files.append(written(folder, "表决单.xlsx", ballot_sheet(ballot, f"党委决定表决单 {ballot.code}")))
        files += [written(folder, f"{name}.xlsx", make(session)) for name, (make, *_) in SHEETS.items()]
    draw(engine)
    with reading(engine) as session:
        files.append(written(folder, "答辩顺序表.xlsx", defence_sheet(session, "2025")))
    engine.dispose()
    early = engine_for(f"sqlite:///{evening(date(2025, 11, 19))}")
    with reading(early) as session:
        files.append(written(folder, "报送登记表.xlsx", hand_in_sheet(session, "2025", "declaration_form")))
        files.append(written(folder, f"{ListKind.MISSING.label}.xlsx", list_sheet(session, ListKind.MISSING, "2023", date(2025, 11, 19))))
        files.append(written(folder, "交接单.xlsx", handover_sheet(session, "S07", date(2025, 11, 19))))
    early.dispose()
    return {pdf.stem: pdf for pdf in r.office(folder, folder, files, "pdf")}


def draw(engine):
    """Divide the defence into two days, as the mid-term will."""
    by = Act("A01", "command:test", DAY)
    days = [{"day": f"2026-12-{day}", "starts": "08:30", "ends": "12:00", "place": "行政楼301会议室"} for day in (14, 15)]
    perform(engine, by, "draw_defence", cohort="2025", seed="20261202")
    perform(engine, by, "schedule_defence", cohort="2025", sittings=days)


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


SHEETS = {
    "申报目标登记表": (lambda session: target_sheet(session, "2025"), 9, ("申报目标", "2025-S05", "2025-S06")),
    "年度考核清单": (lambda session: annual_workbook(session, "2023", 2025, DAY), 4, ("年度考核", "云杉学院党委", "优秀")),
    "表彰经费台账": (lambda session: awards_sheet(session, "2023"), 2, ("台账", "2023-S01")),
    "申报材料汇总表": (lambda session: package_sheet(session, "2025", "S01", DAY), 2, ("汇总表", "2025-S01B03")),
    "评分表": (
        lambda session: score_books(session, "2025", PhaseKind.MID_TERM, "P01")[0].content,
        3,
        ("评分表", "目标任务进展", "评审专家1"),
    ),
}
"""Name → how it is made, how many pages at most, what must be read on them."""
PAPERS = {
    **{name: (most, words) for name, (_, most, words) in SHEETS.items()},
    "答辩顺序表": (2, ("答辩顺序", "行政楼301会议室", "08:30")),
    **{kind.label: (most, words) for kind, (_, most, words) in DOCUMENTS.items()},
    **{kind.label: (most, words) for kind, (_, most, words) in LISTS.items()},
    "表决单": (9, ("党委决定表决单", "依据和未了事项", "决定理由")),
    "交接单": (2, ("松涛学院党委工作交接单", "移交人", "审核报送", "移交说明")),
    "报送登记表": (3, ("报送登记表", "收到日期", "云杉学院本科生第一党支部")),
}


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_prints_as_an_office_expects_it(printed, name):
    most, words = PAPERS[name]
    pdf = printed[name]
    r.shoot(pdf)
    said = r.text_of(pdf)
    assert 1 <= r.pages_of(pdf) <= most
    assert [word for word in words if word not in said] == []
    assert "{" not in said
    fonts = r.fonts_of(pdf)
    assert any("CJK" in font for font in fonts), fonts
    assert all(fonts.values()), fonts
