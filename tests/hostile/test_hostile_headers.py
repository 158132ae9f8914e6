"""Whatever a name, a title or an address holds: a mail is refused, or carries exactly the headers that it should, read from its bytes."""

import re
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from random import Random

import pytest
from openpyxl import Workbook

from config.loading import PlanError
from flows.steps.acts import perform
from flows.steps.errors import REFUSALS
from models.imports.records import read_contacts
from models.imports.rosters import read_units
from notifications.message import Content, MessageError, build_message, with_headers
from tests.flows.test_imports import HEAD, SO
from tests.marks import size

pytestmark = pytest.mark.trust
NUMBER = size(500, 100_000)
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "X-Creation-Id", "MIME-Version", "Content-Type"]
"""Those of a mail without an answering address, in any order."""
PIECES = (
    "\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x7f", "\t", "=?", "?=", "=?UTF-8?Q?=0A?=", "=?utf-8?b?CkJjYzogYUBi?=",
    "Bcc: i@x.example", "\r\nBcc: i@x.example", "\n\nBODY", "\r\n.\r\n", "\r\n\r\n", "\u202e", "\u200b", "\ufeff", "\ud800", "😀", "党支部", "a", " ", ",", ";",
    ":", "<", ">", '"', "\\", "(", ")", "[", "]", "@", "a@b.example", "<a@b.example>", '"x" <a@b.example>', "a@[127.0.0.1]", "中文@例子.中国", "ａ＠ｂ．ｃ",
    "xn--fiqs8s", "x" * 64, "x" * 320, "x" * 2000, "中" * 400, "a." * 200, "--", "=_mixed_", "{{ 7*7 }}", "%0d%0a",
)  # fmt: skip
LIVE = (
    {"subject": "Hi\n\nBODY"}, {"subject": "=?UTF-8?Q?=0A?=Bcc: i@x"}, {"to": "a@x.example\n"}, {"sender_name": "组织部\r\nBcc: i@x.example"},
)  # fmt: skip
"""The four that were seen to work against the standard library or yagmail: a line that cuts the head, one within an encoded word, an
address with a line break that a careless pattern lets through, a name with a header behind it."""
GOOD = {
    "sender": "office@university.example", "sender_name": "组织部", "to": "s01@university.example", "subject": "【创建】关于报送材料的提醒",
    "message_id": "<abc@university.example>", "date": datetime(2025, 11, 4, 1, tzinfo=UTC), "text": "正文", "html": "<p>正文</p>",
}  # fmt: skip


def hostile_text(random):
    return "".join(random.choice(PIECES) for _ in range(random.randint(1, 6)))


def hostile_address(random):
    return random.choice(("", "s01")) + hostile_text(random) + random.choice(("", "@university.example"))


def attempt(random):
    """Content in which one to three fields are hostile."""
    given = dict(GOOD)
    for _ in range(random.choice((1, 1, 2, 3))):
        field = random.choice(("sender_name", "subject", "to", "reply_to", "message_id", "extra", "text"))
        if field in ("to", "reply_to"):
            given[field] = hostile_address(random)
        else:
            given[field] = hostile_text(random)
    given["extra"] = (("X-Creation-Id", given.get("extra", "1")),)
    return given


def flaw_of(raw, given):
    """Why the bytes are not the mail that was meant, read plainly by hand and once more by the standard library; "" when they are."""
    head = raw.partition(b"\r\n\r\n")[0]
    if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", head) or not head.isascii():
        return "a bare line break or a strange byte in the head"
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    wanted = HEADERS + (["Reply-To"] if given.get("reply_to") else [])
    if Counter(names) != Counter(wanted):
        return f"other headers: {names}"
    parsed = message_from_bytes(raw, policy=policy.default)
    if [box.addr_spec for box in parsed["To"].addresses] != [given["to"]] or len(parsed["From"].addresses) != 1:
        return "another addressee"
    subject = str(make_header(decode_header(message_from_bytes(raw)["Subject"])))
    return "" if "".join(subject.split()) == "".join(given["subject"].split()) else "another subject"


def result_of(build, given):
    try:
        raw = build(given)
    except MessageError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"other: {type(error).__name__}"
    try:
        return flaw_of(raw, given) or "built"
    except Exception as error:  # noqa: BLE001 - the reader of another mail program might fail on it as well
        return f"unreadable: {type(error).__name__}"


def test_hostile_headers_are_refused_or_carried_exactly(figures):
    found = Counter(result_of(lambda given: build_message(Content(**given)), attempt(Random(number))) for number in range(NUMBER))
    assert set(found) == {"refused", "built"}
    assert min(found.values()) > NUMBER // 20
    figures(
        f"{NUMBER} mails with hostile names, titles and addresses: {found['refused']} refused, {found['built']} with exactly their headers"
    )


def test_plain_headers_are_built():
    """Negative control: what the hostile ones were made from has no flaw."""
    given = GOOD | {"extra": (("X-Creation-Id", "1"),)}
    assert result_of(lambda given: build_message(Content(**given)), given) == "built"


def test_without_the_checks_something_gets_through():
    """Negative control: the same texts joined to a head as people write it."""

    def joined(given):
        lines = [
            f"From: {given['sender']}",
            f"To: {given['to']}",
            f"Subject: {given['subject']}",
            "Date: x",
            f"Message-ID: {given['message_id']}",
        ]
        lines += [f"X-Creation-Id: {given['extra'][0][1]}", "MIME-Version: 1.0", "Content-Type: text/plain"]
        return ("\r\n".join(lines) + "\r\n\r\nx").encode("utf-8", "replace")

    found = Counter(result_of(joined, attempt(Random(number))) for number in range(100))
    assert [what for what in found if what.startswith("other headers")] != []


@pytest.mark.parametrize("payload", LIVE, ids=lambda payload: next(iter(payload)))
def test_a_payload_that_once_worked_is_refused(payload):
    with pytest.raises(MessageError):
        build_message(Content(**(GOOD | payload)))
    plain = EmailMessage()
    plain.set_content("x")
    with pytest.raises(MessageError):
        with_headers(plain.as_bytes(), {"Subject": next(iter(payload.values())) + "\r\n"})


def sheet(path, row, head=HEAD):
    """A sheet of one row, in which text is text whatever it begins with."""
    book = Workbook()
    for number, cells in enumerate((head, row), 1):
        for index, text in enumerate(cells, 1):
            cell = book.active.cell(number, index, text)
            cell.data_type = "s" if isinstance(text, str) else cell.data_type
    book.save(path)
    return path


BAD_NAMES = ("a\r\nBcc: i@x.example", "a\nb", "=?UTF-8?Q?=0A?=Bcc: i@x.example", "\u202e院学", "a\u2028b", "a\x85b", "名" * 320)
BAD_ADDRESSES = ("a@x.example\nBcc: b@x.example", "a@x", "a b", "<a@x.example>", '"a" <a@x.example>', "a@x.example,b@x.example", "a@[127.0.0.1]",
                 "中文@例子.中国", "a" * 65 + "@x.example", "a@" + "x." * 160 + "example", "=?utf-8?q?a?=@x.example", ".a@x.example", "a..b@x.example")  # fmt: skip


@pytest.mark.parametrize(("column", "letter"), [(1, "B"), (6, "G")])
@pytest.mark.parametrize("text", BAD_NAMES, ids=lambda text: ascii(text)[:40])
def test_a_roster_is_refused_with_the_cell_of_a_hostile_name(tmp_path, column, letter, text):
    row = [*SO[:column], text, *SO[column + 1 :]]
    with pytest.raises(PlanError, match=rf"^名单.xlsx 工作表“Sheet” {letter}2（"):
        read_units(sheet(tmp_path / "名单.xlsx", row))


@pytest.mark.parametrize("text", BAD_ADDRESSES, ids=lambda text: ascii(text)[:40])
def test_a_sheet_is_refused_with_the_cell_of_a_hostile_address(tmp_path, text):
    with pytest.raises(PlanError, match=r"^名单.xlsx 工作表“Sheet” H2（联系人邮箱）"):
        read_units(sheet(tmp_path / "名单.xlsx", [*SO[:7], text, SO[8]]))
    with pytest.raises(PlanError, match=r"^联系人.xlsx 工作表“Sheet” C2（邮箱）"):
        read_contacts(sheet(tmp_path / "联系人.xlsx", ("S01", "张三", text), head=("组织代码", "姓名", "邮箱")))


@pytest.mark.parametrize(
    "fields", [{"name": text} for text in BAD_NAMES] + [{"email": text} for text in BAD_ADDRESSES], ids=lambda text: ascii(text)[:40]
)
def test_the_form_refuses_the_same(engine, act, fields):
    with pytest.raises(REFUSALS):
        perform(
            engine, act, "change_contact", **({"unit": "S01", "role": "contact", "name": "张三", "email": "a@university.example"} | fields)
        )
