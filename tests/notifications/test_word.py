"""Word documents: every field is filled and no other can be used; what people wrote is text, never a command."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document

from config.vocabulary import DocumentKind
from models.imports.package import FORMS
from notifications.papers.word import page as p
from notifications.papers.word.drafts import fields_of, shipped
from notifications.papers.word.fault import FormError
from notifications.papers.word.filling import check_form, fill, form_of, own_form

RETURN = DocumentKind.RETURN_LETTER
VALUES = {**dict.fromkeys(fields_of(RETURN), "某"), "paper": "典型案例", "reasons": ["缺盖章页", "超过字数"], "due_on": "2025年12月1日"}


def text_of(content):
    """Every paragraph and cell of a document."""
    page = Document(BytesIO(content))
    return "\n".join(
        [*(one.text for one in page.paragraphs), *(cell.text for table in page.tables for row in table.rows for cell in row.cells)]
    )


def form_saying(text):
    page = p.new_page()
    p.add_body(page, text)
    return p.bytes_of(page)


@pytest.mark.parametrize("kind", DocumentKind, ids=str)
def test_every_shipped_form_uses_known_fields_only(kind):
    check_form(kind, shipped(kind), "自带")
    assert "{{" in text_of(shipped(kind))


def test_a_letter_is_filled_line_by_line():
    said = text_of(fill(shipped(RETURN), VALUES))
    assert "1. 缺盖章页。\n2. 超过字数。\n请于2025年12月1日前修改后重新报送。" in said
    assert "{" not in said


def test_what_people_wrote_stays_text():
    said = text_of(fill(shipped(RETURN), {**VALUES, "reasons": ["{{ 7*7 }} <w:p/> & “引号”\x00\x0b"]}))
    assert "1. {{ 7*7 }} <w:p/> & “引号”" in said
    assert "49" not in said


@pytest.mark.parametrize(
    "word", ["{{ reasons.__class__.__mro__ }}", "{{ ''.__class__.__subclasses__() }}", "{{ self.__init__.__globals__ }}"]
)
def test_a_hostile_form_reaches_nothing(word):
    with pytest.raises(FormError):
        fill(form_saying(word), VALUES)


def test_a_form_with_an_unknown_field_is_refused_by_name():
    with pytest.raises(FormError, match="“自拟”中有未知字段：reason、unti；可用字段：office"):
        check_form(RETURN, form_saying("{{ unti }}{{ unit }}{{ reason }}"), "自拟")


@pytest.mark.parametrize("word", ["{{ unit }", "{%p for x in reasons %}", "{{ unit | nonsense }}"])
def test_a_form_with_broken_braces_is_refused(word):
    with pytest.raises(FormError, match="“自拟”无法读取"):
        check_form(RETURN, form_saying(word), "自拟")


def packed(**parts):
    sink = BytesIO()
    with ZipFile(sink, "w", ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (b"plain text", "不是 .docx 文件"),
        (packed(vbaProject_bin="").replace(b"vbaProject_bin", b"vbaProject.bin"), "含有宏"),
        (packed(a="0" * 60_000_000), "内容异常庞大"),
        (b"PK" + b"0" * FORMS.packed, "内容异常庞大"),
        (packed(a="x"), "无法读取"),
    ],
)  # fmt: skip
def test_what_is_no_plain_document_is_refused_with_a_remedy(form, told):
    with pytest.raises(FormError, match=told):
        check_form(RETURN, form, "自拟.docx")


def test_the_offices_own_form_goes_first(tmp_path):
    assert text_of(form_of(tmp_path, RETURN)) == text_of(shipped(RETURN))
    own_form(tmp_path, RETURN).write_bytes(form_saying("本校格式：{{ paper }}"))
    assert text_of(fill(form_of(tmp_path, RETURN), VALUES)) == "本校格式：典型案例"
    own_form(tmp_path, RETURN).write_bytes(form_saying("{{ papre }}"))
    with pytest.raises(FormError, match=r"“退回函[.]docx”中有未知字段：papre"):
        form_of(tmp_path, RETURN)
