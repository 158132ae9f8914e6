"""The desk's renderings: nothing in the data becomes markup, long lists are capped; the ledger's cells and the funnel."""

import html
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from config.vocabulary import MailState, ProjectState, SubmissionState, TaskKind
from flows.desk.ledger import funnel, ledger
from flows.desk.links import Links
from flows.desk.markdown import ROWS, desk_front, desk_markdown, escaped
from flows.desk.page import desk_html
from flows.desk.situation import Person, Situation
from flows.desk.text import desk_text
from flows.desk.view import desk_view
from models.rules.calendar import Calendar
from models.rules.office_work import OpenTask
from tests.factories import BRANCH, SO, changed, deadlines, fact, project, world
from tests.situations import DECLARING, handed, obliged, other, paper, post, situation, view_of

S = SubmissionState
HOSTILE = "<img src=x onerror=alert(1)>|`a`| **b** [c](javascript:d) ![e](f) <script>g</script> \\| # h\n## i &lt;"


def hostile_view(text=HOSTILE):
    declared = project(changed(BRANCH, name=text), ProjectState.DECLARED, facts=(fact("declare", 2, date(2025, 11, 28)),))
    owing = project(changed(other(2, text)), DECLARING)
    task = OpenTask("telephone:x", TaskKind.TELEPHONE, text, text, date(2025, 11, 28))
    mail = replace(post(MailState.FAILED), unit=text, subject=text)
    given = situation(declared, owing, people={"S01B02": Person(text, text)}, tasks=(task,), troubled=(mail,), recent=(mail,))
    return desk_view(given, Links(), text)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def tags(html):
    parser = Tags()
    parser.feed(html)
    return parser


def rendered(text):
    return MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").render(text)


@pytest.mark.parametrize("render", [desk_markdown, desk_front])
def test_no_data_becomes_markup_in_markdown(render):
    hostile, plain = tags(rendered(render(hostile_view()))), tags(rendered(render(hostile_view("无"))))
    assert hostile.found == plain.found
    assert [value for _, name, value in hostile.attributes if name == "href"] == [
        value for _, name, value in plain.attributes if name == "href"
    ]


def test_no_data_becomes_markup_in_html():
    page = desk_html(hostile_view(), "http://127.0.0.1:4200")
    hostile, plain = tags(page), tags(desk_html(hostile_view("无"), "http://127.0.0.1:4200"))
    assert hostile.found == plain.found
    assert not {"script", "img", "iframe", "form"} & set(hostile.found)
    assert all(not name.startswith("on") for _, name, _ in hostile.attributes)
    links = [value for tag, name, value in hostile.attributes if (tag, name) == ("a", "href")]
    assert all(link.startswith(("http://127.0.0.1:4200/v2/", "#", "tel:")) for link in links)


def test_escaped_text_reads_as_it_was():
    shown = html.unescape(re.sub("<[^>]+>", "", rendered(escaped(HOSTILE)))).strip()
    assert shown == " ".join(HOSTILE.split())


def test_long_lists_are_capped_and_say_how_many_are_left():
    many = [project(other(n, f"第{n}党支部"), DECLARING) for n in range(1, ROWS + 6)]
    view = view_of(situation(*many))
    text = desk_markdown(view)
    assert text.count("另有 5 份，全部名单和电话见命令 creation desk") == 2  # two papers
    listed = [line for line in text.splitlines() if line.startswith("| 第")]
    assert len(listed) == 2 * ROWS
    assert desk_text(view).count("  - 第") == 2 * (ROWS + 5)  # on the command line everybody is listed


def many_units(number):
    """So many branches that have not handed in two papers each, every one with a telephone of its own."""
    units = [other(n, f"第{n:03d}党支部") for n in range(1, number + 1)]
    people = {unit.code: Person("联系人", f"1380000{n:04d}") for n, unit in enumerate(units)}
    return view_of(situation(*(project(unit, DECLARING) for unit in units), people=people), Links(local="http://127.0.0.1:8025/"))


def test_of_two_hundred_units_every_telephone_is_on_the_local_page_and_the_others_say_so():
    view = many_units(200)
    page = tags(desk_html(view, ""))
    dialled = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href") and value.startswith("tel:")]
    assert len(dialled) == 2 * 200
    assert len(set(dialled)) == 200
    assert page.found.count("details") == 2, "folded: the page stays short"
    told = "另有 185 份，全部名单和电话见[本机页面的今日工作台](http://127.0.0.1:8025/desk#missing)"
    assert desk_markdown(view).count(told) == 2


def test_what_is_beyond_the_papers_shown_is_counted_and_found_on_the_local_page():
    view = many_units(20)
    many = replace(view, missing=view.missing * 5)
    told = "另有 2 项材料 40 份，全部名单和电话见[本机页面的今日工作台](http://127.0.0.1:8025/desk#missing)"
    assert told in desk_markdown(many)
    assert desk_html(many, "").count("tel:") == 10 * 20


def test_an_empty_desk_says_so():
    view = view_of(Situation(date(2025, 12, 1), ()))
    assert desk_markdown(view).count("\n无\n") == 6
    assert desk_html(view, "").count("无</p>") == 6
    assert "没有进行中的批次" in desk_markdown(view)


# ledger and funnel


def cell(deliverable, state=DECLARING, on=date(2025, 12, 1), **papers):
    given = situation(project(state=state, **papers), on=on)
    rows = ledger(given.worlds[0], given.calendar, "declaration", on)
    return rows[0][deliverable]


@pytest.mark.parametrize(
    ("state", "on", "expected"),
    [
        (None, date(2025, 12, 5), "待交"),
        (None, date(2025, 12, 6), "逾期"),
        (S.AWAITING_ENDORSEMENT, date(2025, 12, 5), "待交（待审核）"),
        (S.AWAITING_ENDORSEMENT, date(2025, 12, 6), "逾期（待审核）"),
        (S.HANDED_IN, date(2025, 12, 6), "已交"),
        (S.COMPLETE, date(2025, 12, 6), "已交"),
        (S.RETURNED, date(2025, 12, 5), "退回"),
        (S.RELEASED, date(2025, 12, 6), "免交"),
    ],
)
def test_a_cell_of_the_ledger(state, on, expected):
    papers = handed(paper("declaration_form", state)) if state else {}
    assert cell("示范创建申报书", on=on, submissions=papers) == expected


def test_the_ledger_has_a_row_for_an_so_that_only_has_to_declare():
    given = situation(project(state=DECLARING), units=(SO,))
    rows = ledger(given.worlds[0], given.calendar, "declaration", given.on)
    assert [(row["代码"], row["示范创建申报书"], row["至少申报 1 个样板党支部"]) for row in rows] == [
        ("S01", "—", "已交"),
        ("S01B01", "待交", "—"),
    ]
    exempt = replace(obliged(world(units=(SO,))), exempt=frozenset({"S01"}))
    assert ledger(exempt, Calendar(), "declaration", given.on)[0]["至少申报 1 个样板党支部"] == "免交"


def test_the_funnel_narrows_from_owed_to_decided():
    full = handed(paper("declaration_form", S.COMPLETE), paper("evidence", S.COMPLETE))
    half = handed(paper("declaration_form", S.COMPLETE), paper("evidence", S.HANDED_IN))
    projects = (
        project(state=DECLARING, submissions=full), project(other(2, "二"), DECLARING, submissions=half), project(other(3, "三"), DECLARING),
    )  # fmt: skip
    rows = funnel(world(*projects), Calendar(), date(2025, 12, 1))
    assert [(row["阶段"], row["应交项目"], row["已交齐"], row["材料齐全"], row["已评分"], row["已决定"]) for row in rows] == [
        ("申报认定", 3, 2, 1, 0, 0),
        ("管理考核", 0, 0, 0, 0, 0),
    ]


def test_deadlines_of_the_samples_are_the_plans():
    """The numbers above rest on these days."""
    assert {row.due_on for row in deadlines("2025") if row.phase == "declaration"} == {date(2025, 12, 5)}
