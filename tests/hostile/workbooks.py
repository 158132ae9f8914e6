"""Workbooks that nobody should open: bombs and oddities by name, random sheets of every known kind, and real sheets spoilt at random."""

import io
import zipfile
from datetime import date, time, timedelta

from openpyxl import Workbook

from models.imports.ballots import BALLOT_COLUMNS, read_ballot
from models.imports.hand_ins import HAND_IN_COLUMNS, read_hand_ins
from models.imports.records import CONTACT_COLUMNS, HONOUR_COLUMNS, RECOGNITION_COLUMNS, read_contacts, read_honours, read_recognitions
from models.imports.rosters import PROJECT_COLUMNS, UNIT_COLUMNS, read_projects, read_units
from models.imports.scores import read_scores
from models.imports.surveys import read_survey
from models.imports.targets import TARGET_COLUMNS, read_targets

KINDS = {
    "units": (UNIT_COLUMNS, read_units),
    "projects": (PROJECT_COLUMNS, read_projects),
    "honours": (HONOUR_COLUMNS, read_honours),
    "recognitions": (RECOGNITION_COLUMNS, read_recognitions),
    "contacts": (CONTACT_COLUMNS, read_contacts),
    "hand_ins": (HAND_IN_COLUMNS, read_hand_ins),
    "targets": (TARGET_COLUMNS, read_targets),
    "ballot": (BALLOT_COLUMNS, lambda path: read_ballot(path, "2025-declaration-1")),
    "survey": (("题目", "非常满意", "满意", "一般", "不满意", "发放份数", "回收份数", "有效份数"), read_survey),
    "scores": (("核对码", "项目编号", "基础（50分）", "评审意见"), lambda path: read_scores(path, lambda _: None)),
}
"""Kind of sheet → its headings and its reader."""
VALUES = (
    "", " ", "　", "S01", "Ｓ０１", "２０２３－１０－０１", "2023-13-41", "2023年2月30日", "0000-01-01", "99999", 99999, "9" * 5000, -1, 1.5, 1e308, "1e999",
    True, date(2023, 1, 1), time(3), timedelta(days=3), "=1+1", '=HYPERLINK("http://x")', "+x", "@x", "²", "٣", "²份", "a" * 32000,
    "\u202eabc", "x\ny", "x\u2028y", "①②", "a/b/c/²/d", "a/b/c/9999999999/e", "=?utf-8?q?=0A?=", "a@b", "党支部", "二级党组织", "省级", "是", "#REF!",
)  # fmt: skip


def random_sheet(random, kind):
    """A sheet of a kind with random cells, here and there merged, with a title or without."""
    book = Workbook()
    sheet, top = book.active, random.choice((1, 1, 2, 5))
    headings = [str(heading).split("|")[0] for heading in KINDS[kind][0]]
    if random.random() < 0.3:
        random.shuffle(headings)
    for index, heading in enumerate(headings, 1):
        sheet.cell(top, index, heading)
    for row in range(top + 1, top + random.randint(2, 9)):
        for index in range(1, len(headings) + 1):
            if random.random() < 0.8:
                cell = sheet.cell(row, index, random.choice(VALUES))
                cell.data_type = "s" if isinstance(cell.value, str) and random.random() < 0.5 else cell.data_type
    for _ in range(random.choice((0, 0, 1, 3))):
        left, high = random.randint(1, len(headings)), random.randint(1, 9)
        sheet.merge_cells(start_row=high, end_row=high + random.randint(0, 4), start_column=left, end_column=left + random.randint(0, 3))
    if random.random() < 0.2:
        sheet.row_dimensions[random.randint(1, 9)].hidden = True
    return saved(book)


def spoilt(random, content):
    """The same file with a few bytes changed: of the package, or of one part within a package that is whole."""
    if random.random() < 0.3:
        return _scratched(random, content)
    parts = parts_of(content)
    hit = random.choice(list(parts))
    if random.random() < 0.1:
        del parts[hit]
    else:
        parts[hit] = _scratched(random, parts[hit])
    return packed(parts)


def _scratched(random, content):
    data = bytearray(content or b"x")
    for _ in range(random.randint(1, 12)):
        at = random.randrange(len(data))
        far = min(len(data), at + random.randint(1, 60))
        change = random.randrange(4)
        if change == 0:
            data[at] = random.randrange(256)
        elif change == 1 and far - at < len(data):
            del data[at:far]
        elif change == 2:
            data[at:at] = data[at:far]
        else:
            data[at:far] = random.choice((b"<", b'"', b"&#x41;", b"-1", b"99999999999", b"A1:XFD1048576", b"\xff\xfe", b"&lol;", b"<c/>"))
    return bytes(data)


def saved(book):
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return sink.getvalue()


def with_parts(**changes):
    """A plain workbook in which some parts are others; ``__`` in a name stands for ``/`` and ``_dot_`` for a dot."""
    return packed(parts_of(random_plain()) | {name.replace("__", "/").replace("_dot_", "."): part for name, part in changes.items()})


def random_plain():
    book = Workbook()
    book.active.append(("组织代码", "名称", "类型"))
    book.active.append(("S01", "云杉学院党委", "二级党组织"))
    return saved(book)


def sheet_of(rows):
    """A workbook whose sheet holds these rows of raw XML."""
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return with_parts(xl__worksheets__sheet1_dot_xml=head + rows + b"</sheetData></worksheet>")


def _encrypted():
    data = bytearray(random_plain())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def _entities(depth):
    names = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, depth)]
    table = f'<!DOCTYPE sst [<!ENTITY a0 "lol">{"".join(names)}]><sst><si><t>&a{depth - 1};</t></si></sst>'
    return with_parts(xl__sharedStrings_dot_xml=table.encode())


def _twice():
    return packed(parts_of(random_plain()) | {"xl/workbooK.xml": b"<x/>"}).replace(b"xl/workbooK.xml", b"xl/workbook.xml")


def _link():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as package:
        for name, part in parts_of(random_plain()).items():
            package.writestr(name, part)
        info = zipfile.ZipInfo("xl/worksheets/sheet2.xml")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        package.writestr(info, "/etc/passwd")
    return sink.getvalue()


def _styles(count):
    styles = b"<xf/>" * count
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return with_parts(xl__styles_dot_xml=b"<styleSheet " + space + b"><cellXfs>" + styles + b"</cellXfs></styleSheet>")


HUGE, NOT_ONE = "内容异常庞大", r"不是 \.xlsx 文件，或文件已损坏"
ODD = {
    "a zip bomb": (lambda: packed({"xl/worksheets/sheet1.xml": b"0" * (101 << 20)}), HUGE),
    "a ratio of a thousand": (lambda: packed({"xl/worksheets/sheet1.xml": b"0" * (11 << 20)}), HUGE),
    "501 members": (lambda: packed({f"xl/{n}.bin": b"" for n in range(501)}), HUGE),
    "a million rows": (lambda: sheet_of(b"<row><c/></row>" * 1_000_001), HUGE),
    "a row of a million cells": (lambda: sheet_of(b"<row>" + b"<c/>" * 1_000_000 + b"</row>"), HUGE),
    "too many styles": (lambda: _styles(150_000), HUGE),
    "too many merges": (lambda: sheet_of(b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:A2"/>' * 150_000 + b"</mergeCells><sheetData>"), HUGE),
    "too many texts": (lambda: with_parts(xl__sharedStrings_dot_xml=b"<sst>" + b"<si/>" * 700_000 + b"</sst>"), HUGE),
    "one text of eleven million characters": (lambda: sheet_of(b"<row><c t='inlineStr'><is><t>" + b"x" * (9 << 20) + b"</t></is></c></row>"), HUGE),
    "elements a thousand deep": (lambda: sheet_of(b"<row>" + b"<c>" * 1000 + b"</c>" * 1000 + b"</row>"), HUGE),
    "entities that unfold": (lambda: _entities(9), "DOCTYPE"),
    "one entity, in UTF-16": (lambda: with_parts(xl__styles_dot_xml='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16")), "DOCTYPE"),
    "broken XML": (lambda: sheet_of(b"<row><c></row>"), NOT_ONE),
    "macros": (lambda: with_parts(xl__vbaProject_dot_bin=b"x"), "含有宏"),
    "links to other workbooks": (lambda: with_parts(xl__externalLinks__externalLink1_dot_xml=b"<x/>"), "引用了其他工作簿"),
    "a workbook within": (lambda: with_parts(xl__embeddings__a_dot_xlsx=b"x"), "嵌有其他文件"),
    "an archive within": (lambda: with_parts(xl__a_dot_ZIP=b"x"), "嵌有其他文件"),
    "a name that climbs": (lambda: packed(parts_of(random_plain()) | {"xl/../../../etc/passwd": b"x"}), "文件名异常"),
    "an absolute name": (lambda: packed(parts_of(random_plain()) | {"/etc/passwd": b"x"}), "文件名异常"),
    "a symbolic link": (_link, "文件名异常"),
    "a name twice": (_twice, "文件名异常"),
    "a password": (_encrypted, "加了密码"),
    "the old format": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "旧版 Office 文件或加了密码"),
    "a renamed CSV": (lambda: "组织代码,名称\nS01,云杉学院党委\n".encode("gb18030"), NOT_ONE),
    "nothing": (lambda: b"", NOT_ONE),
    "an archive without a workbook": (lambda: packed({"a.xml": b"<a/>"}), "打不开"),
    "a compression nobody knows": (lambda: random_plain().replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x63\x00"), NOT_ONE),
}  # fmt: skip
"""What it is → how it is made, and what is said of it."""
