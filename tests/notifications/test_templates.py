"""What the shipped wording must be: every kind, every sample, subject, text and HTML."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from config.vocabulary import MAIL_CLASS, MailKind, Outcome
from notifications.catalogue import CATALOGUE
from notifications.letter import DutyLine, Letter
from notifications.render import FILES, SHIPPED, SUBJECT_MAX, Renderer, kinds_without_template
from notifications.samples import sample, variants
from notifications.typeset import TEXT_WIDTH, width

RENDERER = Renderer()
LETTERS = [pytest.param(letter, id=f"{kind}-{n}") for kind in MailKind for n, letter in enumerate(variants(kind))]
TAGS = {
    MailKind.CALL: "【通知】",
    MailKind.REMINDER: "【提醒】",
    MailKind.URGENT_REMINDER: "【催办】",
    MailKind.OVERDUE: "【逾期催办】",
    MailKind.ESCALATION: "【督促】",
    MailKind.OFFICE_LIST: "【未报送清单】",
    MailKind.RETURNED: "【退回修改】",
    MailKind.RECEIPT: "【回执】",
    MailKind.DEADLINE_CHANGED: "【延期通知】",
    MailKind.RESULT_INELIGIBLE: "【初审结果】",
    MailKind.RECTIFICATION_ORDER: "【限期整改】",
    MailKind.RECTIFICATION_REMINDER: "【整改提醒】",
    MailKind.REASSESSMENT_RESULT: "【复核结果】",
    MailKind.OFFICE_NOTICE: "【系统提示】",
    MailKind.DIGEST: "【工作清单】",
    MailKind.PANEL_REMINDER: "【评审提醒】",
    MailKind.DEFENCE_NOTICE: "【答辩通知】",
    MailKind.DEFENCE_PANEL: "【答辩评审】",
    MailKind.DECISION_VOIDED: "【决定撤销】",
    MailKind.DECISION_CHANGED: "【决定变更】",
    MailKind.HEADS_LIST: "【记录清单】",
}
LISTS = (MailKind.OFFICE_LIST, MailKind.DIGEST)
RESULT_TAG = "【结果通知】"
VOID = {"meta", "br", "wbr"}


class Page(HTMLParser):
    """Collects the visible text and checks that every element is closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"title", "style"} & set(self.open):
            self.words.append(data)


def page_of(letter: Letter) -> Page:
    page = Page()
    page.feed(RENDERER.render(letter).html)
    page.close()
    assert page.open == []
    return page


def bare(text: str) -> str:
    return "".join(text.split())


def test_every_kind_is_in_the_catalogue_and_has_its_three_files():
    assert set(CATALOGUE) == set(MailKind) == set(MAIL_CLASS)
    assert kinds_without_template() == ()
    assert {path.name for path in SHIPPED.iterdir()} == {"_base", *MailKind}
    assert {path.name for kind in MailKind for path in (SHIPPED / kind).iterdir()} == set(FILES)


def test_the_class_of_an_entry_is_that_of_the_vocabulary():
    assert {kind: entry.mail_class for kind, entry in CATALOGUE.items()} == MAIL_CLASS


def test_no_key_hides_a_method_of_the_mapping():
    assert [need.name for entry in CATALOGUE.values() for need in entry.needs if hasattr(dict, need.name)] == []


@pytest.mark.parametrize("letter", LETTERS)
def test_a_sample_renders_with_its_tag_and_signature(letter):
    rendered = RENDERER.render(letter)
    assert rendered.subject.startswith(TAGS.get(letter.kind, RESULT_TAG))
    assert 10 < len(rendered.subject) <= SUBJECT_MAX
    for part in (rendered.text, html.unescape(rendered.html)):
        assert letter.salutation in part
        assert letter.office.phone in part
        assert f"{letter.signed_on.year}年{letter.signed_on.month}月{letter.signed_on.day}日" in part
    assert any(line.strip() == letter.office.name for line in rendered.text.splitlines())


@pytest.mark.parametrize("letter", LETTERS)
def test_text_and_html_name_every_duty_with_its_day(letter):
    text, page = bare(RENDERER.render(letter).text), bare("".join(page_of(letter).words))
    for line in (*letter.lines, *letter.all_duties):
        on = f"{line.due_on.month}月{line.due_on.day}日（星期{'一二三四五六日'[line.due_on.weekday()]}）"
        title = line.unit if line in letter.undeclared and letter.kind in LISTS else bare(line.title)
        for part in (text, page):
            assert on in part
            assert title in part


@pytest.mark.parametrize("letter", LETTERS)
def test_text_says_the_same_as_html(letter):
    page = bare("".join(page_of(letter).words))
    paragraphs = [bare(part) for part in re.split(r"\n(?=　　)|\n\n", RENDERER.render(letter).text) if part.startswith("　　")]
    assert len(paragraphs) >= 2
    assert [part for part in paragraphs if part not in page] == []


@pytest.mark.parametrize("letter", LETTERS)
def test_every_value_of_extra_that_the_kind_tells_is_told(letter):
    untold = {MailKind.RESULT_SELECTED: {"reasons", "outcome"}, MailKind.RESULT_NOT_SELECTED: {"outcome"}}
    silent = untold.get(letter.kind, {"reasons"} if letter.kind == MailKind.RESULT_EXCELLENT else set())
    silent |= {"reasons"} if letter.kind == MailKind.RECTIFICATION_ORDER else set()
    text = bare(RENDERER.render(letter).text)
    for name, value in letter.extra.items():
        for told in (value,) if isinstance(value, str) else value:
            days = re.split(r"\d{4}-\d\d-\d\d", told)
            if name not in silent and not (name == "outcome" and letter.kind == MailKind.RESULT_PASSED):
                assert [part for part in map(bare, days) if part not in text] == []


@pytest.mark.parametrize("letter", LETTERS)
def test_the_tone_is_official(letter):
    rendered = RENDERER.render(letter)
    words = rendered.subject + rendered.text + "".join(page_of(letter).words)
    assert re.findall(r"[!！]|https?:|www\.|[Tt]est|\bNone\b|\{\{|\}\}|\[\]", words) == []
    assert re.findall(r"([，。；：、])\1", words) == []


def test_templates_name_no_university_no_address_and_no_day():
    for path in SHIPPED.rglob("*.*"):
        source = path.read_text(encoding="utf-8")
        assert re.findall(r"大学|@|\.com|\.cn|\d{4}年|\d+月\d+日|！|\d+\s*个?工作日", source) == [], path


@pytest.mark.parametrize("letter", LETTERS)
def test_html_is_self_contained(letter):
    tags = page_of(letter).tags
    assert {tag for tag, _ in tags} <= {
        "html", "head", "meta", "title", "body", "div", "p", "ol", "li", "b", "br", "wbr", "span", "table", "tr", "th", "td",
    }  # fmt: skip
    assert [attrs for _, attrs in tags if {"src", "href", "background", "class", "onclick"} & set(attrs)] == []
    assert "url(" not in RENDERER.render(letter).html
    assert any("max-width:680px" in attrs.get("style", "") for _, attrs in tags)


@pytest.mark.parametrize("letter", LETTERS)
def test_text_keeps_its_margin(letter):
    lines = RENDERER.render(letter).text.splitlines()
    assert [line for line in lines[1:] if width(line) > TEXT_WIDTH + 4] == []
    assert [line for line in lines if line.lstrip(" 　")[:1] and line.lstrip(" 　")[0] in "，。、；：）》”"] == []


def test_the_bodies_of_the_kinds_differ():
    told = {kind: RENDERER.render(sample(kind)).text.splitlines() for kind in MailKind}
    plain = {kind: {line for line in lines if line.startswith("　　")} for kind, lines in told.items()}
    for kind, lines in plain.items():
        others = [other for other in plain if other != kind and lines <= plain[other]]
        assert others == []


def test_a_rest_day_names_the_last_working_day_once_and_not_when_late():
    early, late = RENDERER.render(sample(MailKind.CALL)).text, RENDERER.render(sample(MailKind.OVERDUE)).text
    assert bare(early).count("时限为11月22日（星期六），最后一个工作日为11月21日（星期五）") == 2
    assert "最后一个工作日" not in late
    assert "已逾期3天" in late


def test_a_duty_due_today_says_so():
    today = variants(MailKind.URGENT_REMINDER)[1]
    assert "今天到期" in RENDERER.render(today).text
    assert "还有0天" not in RENDERER.render(today).text


def test_escalation_speaks_differently_to_the_superior_and_to_the_office():
    superior, office = (RENDERER.render(letter).text for letter in variants(MailKind.ESCALATION))
    assert "贵单位所属党组织" in bare(superior)
    assert "请部内负责同志研究督办" in bare(office)
    assert superior.splitlines()[2] == "云杉学院党委并林示例同志："


def test_office_list_shows_units_with_telephone_and_undeclared_sos_apart():
    late, in_time = (RENDERER.render(letter) for letter in variants(MailKind.OFFICE_LIST))
    assert "一、未完成任务的单位（2个）" in late.text
    assert "    云杉学院党委　电话：0000-1111111" in late.text.splitlines()
    assert "二、样板党支部申报未达要求的二级党组织（1个）" in late.text
    assert bare("青石学院党委　电话：0000-3333333") in bare(late.text)
    assert "未达要求" not in in_time.text + in_time.html
    assert "逾期" not in bare(in_time.text)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome.CONTINUED, "继续按申报书确定的目标推进建设"),
        (Outcome.TERMINATED, "不再支持该项目继续建设"),
        (Outcome.ANOTHER_ROUND, "以限期整改通知为准"),
        (Outcome.QUALIFIED, "该项目通过验收"),
        (Outcome.NOT_ACCEPTED, "该项目未通过验收"),
    ],
)
def test_each_outcome_of_a_reassessment_has_its_own_sentence(outcome, told):
    letters = [RENDERER.render(letter) for letter in variants(MailKind.REASSESSMENT_RESULT)]
    assert [f"结论为“{outcome.label}”" in bare(r.text) for r in letters] == [told in bare(r.text) for r in letters]
    assert sum(told in bare(r.html) for r in letters) == 1


@pytest.mark.parametrize(
    ("outcome", "told"),
    [(Outcome.FAILED, "决定是否支持继续建设"), (Outcome.DEFERRED, "再次组织验收"), (Outcome.ANOTHER_ROUND, "再次复核")],
)
def test_an_order_says_what_happens_afterwards(outcome, told):
    letters = [RENDERER.render(letter).text for letter in variants(MailKind.RECTIFICATION_ORDER)]
    assert [told in bare(text) for text in letters] == [f"“{outcome.label}”" in bare(text) for text in letters]
    assert all("2027年3月31日（星期三）" in bare(text) for text in letters)


def test_the_status_table_stands_only_where_there_are_duties():
    with_table, without = RENDERER.render(sample(MailKind.REMINDER)), RENDERER.render(sample(MailKind.RESULT_EXCELLENT))
    assert "附：云杉学院党委各项任务情况" in with_table.text
    assert "<table" in with_table.html
    assert "附：" not in without.text
    assert "<table" not in without.html


def test_funding_is_told_as_given_or_as_the_notice_promises():
    promised, given = (bare(RENDERER.render(letter).text) for letter in variants(MailKind.RESULT_EXCELLENT))
    assert "学校党委将提供支持经费" in promised
    assert "支持经费由党建专项列支" in given
    assert "学校党委将提供支持经费" not in given
    assert "表彰奖励" in promised


def test_samples_are_plain_and_invented():
    for kind in MailKind:
        for letter in variants(kind):
            assert letter.kind == kind
            assert letter.office.email.endswith(".example")
            assert all(isinstance(line, DutyLine) for line in (*letter.lines, *letter.all_duties))


LONG = "马克思主义学院与哲学社会科学高等研究院联合教工第三党支部（研究生与博士后混编）"


@pytest.mark.parametrize("letter", LETTERS)
def test_long_names_and_many_duties_stay_within_the_line(letter):
    """A plain-text letter is read in a window of its own width: what does not fit is broken by us, not by the reader's program."""
    stretched = [replace(line, unit=LONG) for line in (*letter.lines, *letter.all_duties)] * 12
    lines, duties = stretched[: 12 * len(letter.lines)], stretched[: 12 * len(letter.all_duties)]
    told = RENDERER.render(replace(letter, lines=tuple(lines), all_duties=tuple(duties))).text
    assert [line for line in told.splitlines() if width(line) > TEXT_WIDTH + 2] == [], "two columns for a mark that may not begin a line"
