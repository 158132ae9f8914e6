"""A file's name and content, as a browser or a mail brings them: it lies where it should under a name of ours, or not at all."""

from collections import Counter
from email.message import EmailMessage
from random import Random
from urllib.parse import quote

import pytest

from notifications.inbound.attachments import FILES_MAX, keep_attachments
from notifications.inbound.understand import understand
from notifications.local_page.folder import Folder
from notifications.local_page.names import BYTES_MAX, TYPES, flaw_of, is_taken, numbered, plain_name
from tests.hostile.workbooks import packed, random_plain
from tests.marks import size

pytestmark = pytest.mark.trust
NAMES, MESSAGES = size(1000, 100_000), size(15, 2000)
PIECES = (
    "..", "/", "\\", "../", "..\\", "/etc/passwd", "C:", "\0", "\n", "\r\n", "\u202e", "\u200b", "\ufeff", "\ud800", "\u2028", ".", " ", "~", "-", "|", "$(id)", "`id`",
    "<b>", "%2e%2e%2f", "%00", "CON", "NUL", "长" * 130, "a" * 300, "😀" * 80, "e\u0301", "x.pdf", ".pdf", ".xlsx", ".exe", ".pdf.exe", "报送", ".part", ".upload-",
)  # fmt: skip
PDF = b"%PDF-1.4\n%%EOF\n"


def hostile_name(random):
    return "".join(random.choice(PIECES) for _ in range(random.randint(1, 5))) + random.choice(("", ".pdf", ".xlsx", ".docx", ".eml"))


def flaw_in_name(folder, name):
    """Why a file of this name would not lie in the folder as a plain, visible file; "" when it would."""
    path = folder / name
    if "\0" in name or path.parent != folder or path.name != name or name in ("", ".", "..") or name.startswith("."):
        return "it lies elsewhere, or is hidden"
    if any(char in name for char in '/\\:\n\r\u202e\u2028<>|"?*') or len(name.encode("utf-8", "replace")) > BYTES_MAX:
        return "a character, or a length, that no file system should see"
    return ""


def test_whatever_a_file_is_called_it_lies_in_its_folder(tmp_path, figures):
    found = Counter()
    for number in range(NAMES):
        name = plain_name(hostile_name(Random(number)))
        if not is_taken(name):
            found["refused"] += 1
            continue
        assert [flaw_in_name(tmp_path, one) for one in (name, numbered(name, 2), numbered(name, 10_000))] == ["", "", ""], ascii(name)
        assert plain_name(name) == name, ascii(name)
        found["kept"] += 1
    assert min(found.values()) > NAMES // 20
    figures(f"{NAMES} hostile file names: {found['kept']} made plain, {found['refused']} refused")


def test_names_as_they_are_given_would_lie_elsewhere(tmp_path):
    """Negative control."""
    assert [name for name in (hostile_name(Random(number)) for number in range(50)) if flaw_in_name(tmp_path, name)] != []


def message_with(random):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@university.example", "b@university.example", "材料"
    message.set_content("见附件")
    for _ in range(random.randint(1, 4)):
        content = random.choice((PDF, random_plain(), b"MZ", b"", b"<script>" + PDF, PDF + random_plain(), packed({"../../x": b"x"})))
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename="x.bin")
        hostile = quote(hostile_name(random), errors="replace", safe="")
        part = list(message.iter_attachments())[-1]
        part.replace_header("Content-Disposition", f"attachment; filename*=UTF-8''{hostile}")
    return message.as_bytes()


def test_attachments_are_kept_by_content_or_named_with_the_reason(tmp_path, figures):
    folder, kept = tmp_path / "data" / "files", Counter()
    for number in range(MESSAGES):
        filed = keep_attachments(understand(message_with(Random(number))).attachments, folder)
        assert 0 < len(filed) <= FILES_MAX
        assert [one for one in filed if bool(one.sha256) == bool(one.flaw) or flaw_in_name(tmp_path, one.name.replace("…", ""))] == []
        kept.update("kept" if one.sha256 else "refused" for one in filed)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and path.parents[1] != folder]
    assert outside == []
    assert {len(path.name) for path in folder.rglob("*") if path.is_file()} <= {64}
    assert min(kept["kept"], kept["refused"]) > 0
    figures(f"{MESSAGES} mails with hostile attachments: {kept['kept']} files kept by content, {kept['refused']} refused, none elsewhere")


POLYGLOTS = {
    "a page before a workbook.xlsx": (b"<html>" + random_plain(), False),
    "a program before a workbook.xlsx": (b"MZ" + random_plain(), False),
    "a script before a PDF.pdf": (b"<script>" + PDF, False),
    "an archive called a workbook.xlsx": (packed({"a": b"x"}), False),
    "a workbook called a document.docx": (random_plain(), False),
    "a PDF called a picture.png": (PDF, False),
    "a workbook.xlsx": (random_plain(), True),
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_content_must_be_what_the_ending_says(tmp_path, name):
    content, good = POLYGLOTS[name]
    (tmp_path / name).write_bytes(content)
    assert (flaw_of(tmp_path / name, name[name.rindex(".") :]) == "") == good


def test_a_link_in_the_folder_is_no_file(tmp_path):
    (tmp_path / "a.pdf").symlink_to("/etc/passwd")
    folder = Folder(tmp_path, tuple(TYPES))
    assert folder.entries() == []
    with pytest.raises(FileNotFoundError):
        folder.open("a.pdf")
