"""The renderer as a gate: what hostile values, missing content and broken templates come to."""

from dataclasses import replace
from datetime import date

import pytest

from config.vocabulary import MailKind, Outcome
from notifications.catalogue import LetterFaultError
from notifications.letter import ROWS_MAX
from notifications.render import BODY_MAX, Renderer, TemplateFaultError, renderer
from notifications.samples import sample, variants
from notifications.typeset import TEXT_WIDTH, dated, hang, para, width

SHIPPED = Renderer()


def with_extra(kind, **more):
    letter = sample(kind)
    return replace(letter, extra={**letter.extra, **more})


def override(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return Renderer(folder)


def test_markup_in_values_is_escaped_in_html_and_kept_in_text():
    rendered = SHIPPED.render(with_extra(MailKind.RETURNED, reasons=("<script>alert(1)</script>", "<img src=x>")))
    assert "<script" not in rendered.html
    assert "<img" not in rendered.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in rendered.html
    assert "<script>alert(1)</script>" in rendered.text


@pytest.mark.parametrize("field", ["salutation", "unit", "notice_title", "cohort_title", "greeting_person", "submit_to"])
def test_markup_in_every_plain_field_is_escaped(field):
    rendered = SHIPPED.render(replace(sample(MailKind.REMINDER), **{field: '"><script>x</script>'}))
    assert "<script" not in rendered.html
    assert "&lt;script&gt;" in rendered.html


def test_template_syntax_in_values_is_text():
    rendered = SHIPPED.render(with_extra(MailKind.RETURNED, reasons=("{{ 7*7 }}", "{% for x in y %}")))
    for part in (rendered.text, rendered.html):
        assert "{{ 7*7 }}" in part
        assert "{% for x in y %}" in part
        assert "49" not in part


@pytest.mark.parametrize("mark", ["\r\nBcc: x@university.example", "\n", "\x0b", "\x85", "\u2028", "\u2029"])
def test_line_breaks_in_values_cannot_break_subject_or_letter(mark):
    rendered = SHIPPED.render(with_extra(MailKind.RETURNED, paper=f"甲{mark}乙", reasons=(f"丙{mark}丁",)))
    assert len(rendered.subject.splitlines()) == 1
    assert "甲 " in rendered.subject
    assert [line for line in rendered.text.splitlines() if line.startswith(("Bcc", "丁"))] == []


@pytest.mark.parametrize("mark", ["\x00", "\x1b[31m", "\u202e", "\u200b", "\ud800", "\x7f"])
def test_control_and_format_characters_vanish(mark):
    rendered = SHIPPED.render(with_extra(MailKind.RETURNED, paper=f"甲{mark}乙", reasons=(f"丙{mark}丁",)))
    for part in (rendered.subject, rendered.text, rendered.html):
        assert mark[0] not in part
        assert part.encode("utf-8")


def test_an_encoded_word_in_the_subject_is_refused():
    with pytest.raises(TemplateFaultError, match=r"returned/subject.txt.*=\?"):
        SHIPPED.render(with_extra(MailKind.RETURNED, paper="=?UTF-8?B?5Yqo?="))


def test_a_long_subject_is_refused():
    with pytest.raises(TemplateFaultError, match="主题超过 120 字"):
        SHIPPED.render(with_extra(MailKind.RETURNED, paper="长" * 120))


@pytest.mark.parametrize(
    ("kind", "without", "told"),
    [
        (MailKind.RETURNED, "reasons", "退回理由（reasons）"),
        (MailKind.RETURNED, "due_on", "重新报送的时限（due_on）"),
        (MailKind.RESULT_SELECTED, "meeting", "作出决定的会议（meeting）"),
        (MailKind.RECTIFICATION_ORDER, "matters", "整改事项（matters）"),
        (MailKind.REASSESSMENT_RESULT, "outcome", "结论（outcome）"),
    ],
)
def test_missing_content_is_refused_by_name(kind, without, told):
    letter = sample(kind)
    with pytest.raises(LetterFaultError) as refused:
        SHIPPED.render(replace(letter, extra={name: value for name, value in letter.extra.items() if name != without}))
    assert f"缺少{told}" in str(refused.value)
    assert kind.label in str(refused.value)


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(LetterFaultError) as refused:
        SHIPPED.render(replace(sample(MailKind.RESULT_PASSED), extra={}))
    assert [name in str(refused.value) for name in ("outcome", "meeting", "basis")] == [True, True, True]


def test_blank_content_counts_as_missing():
    with pytest.raises(LetterFaultError, match="缺少退回理由"):
        SHIPPED.render(with_extra(MailKind.RETURNED, reasons=("", " ")))


@pytest.mark.parametrize("wrong", [{"due_on": "明天"}, {"reasons": "一条"}, {"paper": ("甲",)}])
def test_content_of_the_wrong_shape_is_refused(wrong):
    with pytest.raises(LetterFaultError, match="内容不对"):
        SHIPPED.render(with_extra(MailKind.RETURNED, **wrong))


def test_an_unknown_outcome_is_refused():
    with pytest.raises(LetterFaultError, match="结论（outcome）"):
        SHIPPED.render(with_extra(MailKind.REASSESSMENT_RESULT, outcome="随便"))


def test_an_outcome_may_be_given_by_value_or_label():
    by_label = SHIPPED.render(with_extra(MailKind.REASSESSMENT_RESULT, outcome=Outcome.TERMINATED.label))
    by_value = SHIPPED.render(with_extra(MailKind.REASSESSMENT_RESULT, outcome=Outcome.TERMINATED.value))
    assert by_label == by_value


def test_a_letter_about_duties_needs_a_line():
    with pytest.raises(LetterFaultError, match="没有列出任务"):
        SHIPPED.render(replace(sample(MailKind.CALL), lines=()))


def test_an_empty_office_list_is_a_letter():
    rendered = SHIPPED.render(replace(sample(MailKind.OFFICE_LIST), lines=()))
    assert "尚有0项任务" in rendered.text.replace("\n", "")


def test_without_optional_content_a_letter_says_less():
    rendered = SHIPPED.render(replace(sample(MailKind.RESULT_QUALIFIED), extra={"outcome": "合格", "meeting": "会", "basis": "据"}))
    assert "评定情况" not in rendered.text
    assert "综合得分" not in rendered.text


def test_the_year_is_named_when_it_is_not_the_letters():
    letter = sample(MailKind.CALL)
    assert "2025年11月22日（" not in SHIPPED.render(letter).text
    assert "2025年11月22日（星期六）" in SHIPPED.render(replace(letter, signed_on=date(2026, 1, 5))).text


def test_notice_number_and_way_of_handing_in_are_told_where_given():
    letter = replace(sample(MailKind.CALL), notice_number="示组〔2025〕8号", submit_to="请将纸质材料一式两份送至收发室。")
    rendered = SHIPPED.render(letter)
    for part in (rendered.text.replace("\n", ""), rendered.html):
        assert "》（示组〔2025〕8号）要求" in part
        assert "报送方式：请将纸质材料一式两份送至收发室。" in part
        assert "直接回复本邮件" not in part


def test_thousands_of_lines_are_cut_and_counted():
    letter = sample(MailKind.OFFICE_LIST)
    many = SHIPPED.render(replace(letter, lines=letter.lines[:1] * 3000))
    assert len(many.html.encode()) < BODY_MAX
    assert f"另有{3000 - ROWS_MAX}项任务未逐一列出" in many.text
    full = SHIPPED.render(replace(sample(MailKind.OVERDUE), lines=letter.lines[:1] * 900, all_duties=letter.lines[:1] * 900))
    assert full.html.count("另有700项任务未逐一列出") == 2


def test_check_passes_on_the_shipped_wording():
    assert SHIPPED.check() == ()


def test_the_offices_own_wording_goes_first_and_the_rest_stays(tmp_path):
    own = override(tmp_path, "call/subject.txt", "\ufeff【通知】我单位自拟的标题\r\n")
    assert own.render(sample(MailKind.CALL)).subject == "【通知】我单位自拟的标题"
    assert own.render(sample(MailKind.REMINDER)) == SHIPPED.render(sample(MailKind.REMINDER))
    assert own.check() == ()


def test_a_shared_piece_can_be_replaced_for_all_kinds(tmp_path):
    own = override(tmp_path, "_base/letter.txt", "{{ letter.salutation }}：{% block body %}{% endblock %}{% block close %}{% endblock %}")
    assert own.check() == ()
    assert own.render(sample(MailKind.CALL)).text.startswith("云杉学院党委：")


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        ("call/body.txt", "一\n二\n{{ letter.nothing }}", "call/body.txt 第 3 行 有误：没有“nothing”这一项"),
        ("call/body.html", "一\n{{ unheard_of }}", "call/body.html 第 2 行 有误：没有“unheard_of”这一项"),
        ("call/body.txt", "{{ extra.reasons }}", "call/body.txt 第 1 行 有误：没有“reasons”这一项"),
        ("call/body.txt", "一\n{% if %}", "call/body.txt 第 2 行 有误：语法不对"),
        ("call/body.html", "一\n{{ 5 | no_such_filter }}", "call/body.html 第 2 行 有误：语法不对"),
        ("call/body.html", '{% extends "_base/other.html" %}', "_base/other.html（call/body.html 引用） 有误：没有这个文件"),
        ("call/body.txt", "一\n\n{{ 1 / 0 }}", "call/body.txt 第 3 行 有误"),
        ("call/body.html", "{{ ''.__class__.__mro__ }}", "call/body.html 第 1 行 有误：使用了不允许的内容"),
        ("call/body.html", "{{ letter.extra.update(a=1) }}", "call/body.html 第 1 行 有误"),
        ("call/body.html", "{{ 'a' * 20000000 }}", "call/body.html 第 1 行 有误：模板中不能使用运算符 *"),
        (
            "call/body.html",
            "{% for x in range(999) %}{% for y in range(99) %}一二三四{% endfor %}{% endfor %}",
            "call/body.html 有误：内容超过 200 KB",
        ),
        ("call/body.txt", '{% extends "call/body.txt" %}', "有误：模板引用了自己"),
        ("call/subject.txt", "  \n ", "call/subject.txt 有误：主题为空"),
        ("_base/pieces.txt", "一\n{% macro ground() %}{{ letter.foo }}{% endmacro %}", "_base/pieces.txt 第 2 行 有误：没有“foo”这一项"),
    ],
)
def test_a_broken_template_is_told_with_file_and_line(tmp_path, name, source, told):
    broken = override(tmp_path, name, source)
    with pytest.raises(TemplateFaultError) as refused:
        broken.render(sample(MailKind.CALL))
    assert told in str(refused.value)
    assert str(refused.value).startswith("信件模板 ")


def test_a_file_in_another_encoding_is_told(tmp_path):
    with pytest.raises(TemplateFaultError, match=r"call/body\.txt 有误：文件不是 UTF-8 编码"):
        override(tmp_path, "call/body.txt", "贵单位", encoding="gb18030").render(sample(MailKind.CALL))


def test_check_lists_every_broken_template_once(tmp_path):
    override(tmp_path, "call/body.txt", "{{ letter.nothing }}")
    override(tmp_path, "receipt/subject.txt", "{{ extra.title }}")
    broken = override(tmp_path, "reassessment_result/body.html", "{% if outcome == 'terminated' %}{{ gone }}{% endif %}")
    faults = broken.check()
    assert [fault.split(" ")[1] for fault in faults] == ["call/body.txt", "receipt/subject.txt", "reassessment_result/body.html"]


def test_check_reaches_every_branch_of_a_template(tmp_path):
    for outcome in (Outcome.CONTINUED, Outcome.QUALIFIED):
        broken = override(tmp_path, "reassessment_result/body.html", f"{{% if outcome == '{outcome.value}' %}}{{{{ gone }}}}{{% endif %}}")
        assert len(broken.check()) == 1


def test_a_renderer_is_made_once_per_folder(tmp_path):
    assert renderer(tmp_path) is renderer(tmp_path)
    assert renderer() is not renderer(tmp_path)


def test_rendering_twice_gives_the_same_bytes():
    for kind in MailKind:
        for letter in variants(kind):
            assert Renderer().render(letter) == SHIPPED.render(letter)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("由 2025-12-05 调整为 2025-12-12", "由2025年12月5日调整为2025年12月12日"),
        ("编号 2025-13-45 不变", "编号 2025-13-45 不变"),
        ("电话 0000-12-0512345", "电话 0000-12-0512345"),
    ],
)
def test_days_within_a_text_are_put_into_words(given, told):
    assert dated(given) == told


def test_lines_break_where_chinese_may_be_broken():
    filled = para("一" * 33 + "，" + "（二）" + "zuzhibu@university.example" + "三" * 60)
    lines = filled.splitlines()
    assert lines[0].startswith("　　一")
    assert "".join(filled.split()) == "一" * 33 + "，（二）zuzhibu@university.example" + "三" * 60
    assert [line for line in lines if line[0] in "，）" or line[-1] == "（" or width(line) > TEXT_WIDTH + 2] == []
    assert hang("四" * 40, "    1. ").splitlines()[1].startswith("       四")
