"""A page as offices are used to it (GB/T 9704): margins, a 小标宋 title, 仿宋 body in lines of 28 points, 黑体 headings."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Page
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from notifications.papers.word.package import packed, trim

TITLE_FONT, BODY_FONT, HEADING_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体"
TITLE_PT, BODY_PT, TABLE_PT, LINE_PT = 22, 16, 12, 28
INDENT = Pt(2 * BODY_PT)
"""Two characters of the body."""
WIDTH_MM = 210 - 28 - 26


def new_page() -> Page:
    """Return an empty A4 page with margins, language and body type set."""
    page = Document()
    trim(page)
    section = page.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    normal = page.styles["Normal"]
    _set_fonts(normal.element.get_or_add_rPr(), BODY_FONT)
    normal.font.size = Pt(BODY_PT)
    spacing = normal.paragraph_format
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_PT)
    spacing.space_before = spacing.space_after = Pt(0)
    return page


def _set_fonts(properties: Any, font: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia"):
        fonts.set(qn(name), font)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")  # else punctuation is centred where the typeface is missing
    properties.append(language)


def add_title(page: Page, text: str) -> None:
    """Add the centred title, and an empty line below it."""
    _typed(page.add_paragraph(), text, TITLE_FONT, TITLE_PT).alignment = WD_ALIGN_PARAGRAPH.CENTER
    page.add_paragraph()


def add_heading(page: Page, text: str) -> None:
    """Add a heading of the first level."""
    _typed(page.add_paragraph(), text, HEADING_FONT, BODY_PT).paragraph_format.first_line_indent = INDENT


def add_line(page: Page, text: str) -> None:
    """Add a line without indent: whom it addresses."""
    page.add_paragraph(text)


def add_body(page: Page, *texts: str) -> None:
    """Add paragraphs indented by two characters."""
    for text in texts:
        page.add_paragraph(text).paragraph_format.first_line_indent = INDENT


def add_each(page: Page, name: str, source: str, text: str) -> None:
    """Add a paragraph for each entry of a list: ``name`` is what the text calls an entry of ``source``."""
    add_body(page, f"{{%p for {name} in {source} %}}", text, "{%p endfor %}")


def add_when(page: Page, condition: str, *texts: str) -> None:
    """Add paragraphs that stand only where a condition holds."""
    add_body(page, f"{{%p if {condition} %}}", *texts, "{%p endif %}")


def add_signature(page: Page) -> None:
    """Add office and day at the right, then whom to call."""
    page.add_paragraph()
    for text in ("{{ office }}", "{{ signed_on }}"):
        signature = page.add_paragraph(text)
        signature.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        signature.paragraph_format.right_indent = INDENT
    add_body(page, "（联系电话：{{ office_phone }}；电子邮箱：{{ office_email }}）")


def add_table(page: Page, columns: Sequence[tuple[str, int, str]], name: str, source: str) -> None:
    """Add a table with a row for each entry of a list; a column is heading, share of the width, and text of its cells."""
    table = page.add_table(rows=4, cols=len(columns), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _set_widths(table, [share for _, share, _ in columns])
    table.cell(1, 0).text, table.cell(3, 0).text = f"{{%tr for {name} in {source} %}}", "{%tr endfor %}"
    for index, (heading, _, text) in enumerate(columns):
        _fill_cell(table.cell(0, index), heading, HEADING_FONT)
        _fill_cell(table.cell(2, index), text, BODY_FONT)
    for number, wish in ((0, "w:tblHeader"), (2, "w:cantSplit")):  # the head on every page, no row on two
        table.rows[number]._tr.get_or_add_trPr().append(OxmlElement(wish))  # noqa: SLF001 - python-docx has no other way to ask for either


def add_facts(page: Page, facts: Sequence[tuple[str, str]]) -> None:
    """Add a table of two columns: what, and its value."""
    table = page.add_table(rows=len(facts), cols=2, style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _set_widths(table, (3, 7))
    for row, (name, text) in enumerate(facts):
        _fill_cell(table.cell(row, 0), name, HEADING_FONT)
        _fill_cell(table.cell(row, 1), text, BODY_FONT)
    page.add_paragraph()


def _set_widths(table: Table, shares: Sequence[int]) -> None:
    """Share the width of the page out: by column for LibreOffice, by cell for Word and WPS."""
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Mm(WIDTH_MM * share / sum(shares))
        for cell in column.cells:
            cell.width = column.width


def add_room(page: Page, heading: str, hint: str) -> None:
    """Add a heading with room for what only the unit can write."""
    add_heading(page, heading)
    add_body(page, f"（{hint}）", "", "")


def _fill_cell(cell: _Cell, text: str, font: str) -> None:
    paragraph = _typed(cell.paragraphs[0], text, font, TABLE_PT)
    paragraph.paragraph_format.line_spacing = Pt(TABLE_PT * 1.5)


def _typed(paragraph: Paragraph, text: str, font: str, points: float) -> Paragraph:
    run = paragraph.add_run(text)
    run.font.size = Pt(points)
    _set_fonts(run._r.get_or_add_rPr(), font)  # noqa: SLF001 - the East Asian typeface has no public name
    return paragraph


def bytes_of(page: Page) -> bytes:
    """Return a page as a file's content: the same bytes for the same page."""
    sink = BytesIO()
    page.save(sink)
    return packed(sink.getvalue())
