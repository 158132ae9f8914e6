"""Mail as it comes in: kept samples with our Message-ID put in, and replies with files as Chinese mail programs write them."""

from base64 import b64encode
from email import policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from openpyxl import Workbook

FOLDER = Path(__file__).parent / "inbound"
OURS = f"<{'a2' * 20}@university.example>"
BOX = "zhang@unit.example"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def sample(name, message_id=OURS, box=BOX):
    """A kept message about a mail of ours, with line ends as on the wire."""
    text = (FOLDER / f"{name}.eml").read_bytes().replace(b"@ID@", message_id.encode()).replace(b"@BOX@", box.encode())
    return text.replace(b"\n", b"\r\n")


def sheet():
    sink = BytesIO()
    Workbook().save(sink)
    return sink.getvalue()


def document():
    sink = BytesIO()
    with ZipFile(sink, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return sink.getvalue()


def reply(*files, message_id=OURS, box=BOX, text="材料已报送，请查收。", subject="回复：【提醒】报送材料", **headers):
    """A reply by a modern program: UTF-8, names by RFC 2231."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = box, "zuzhibu@university.example", subject
    message["Message-ID"], message["In-Reply-To"], message["References"] = "<reply-1@unit.example>", message_id, message_id
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        if value is not None:
            message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def foxmail(name, data, message_id=OURS, box=BOX):
    """A reply by an old Chinese program: all in GBK, names as encoded words within quotes, the subject in raw bytes."""
    word = f"=?GBK?B?{b64encode(name.encode('gbk')).decode()}?="
    head = f"From: {box}\r\nTo: zuzhibu@university.example\r\nIn-Reply-To:\r\n {message_id}\r\nX-mailer: Foxmail 6, 15, 201, 22 [cn]\r\nMime-Version: 1.0\r\n"
    parts = (
        'Content-Type: multipart/mixed;\r\n\tboundary="=====003_Dragon123=_====="\r\n\r\nThis is a multi-part message.\r\n\r\n'
        '--=====003_Dragon123=_=====\r\nContent-Type: text/plain;\r\n\tcharset="gb2312"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + b64encode("各位老师：建设进展报告已盖章，见附件。\r\n\r\n2025-11-20\r\n\r\n发件人： 示例大学党委组织部\r\n主题： 提醒".encode("gbk")).decode()
        + f'\r\n\r\n--=====003_Dragon123=_=====\r\nContent-Type: application/octet-stream;\r\n\tname="{word}"\r\n'
        f'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n\tfilename="{word}"\r\n\r\n'
        + b64encode(data).decode() + "\r\n\r\n--=====003_Dragon123=_=====--\r\n"
    )  # fmt: skip
    return head.encode() + "Subject: 回复: 【提醒】报送材料\r\n".encode("gbk") + parts.encode()


def netease_bounce(message_id=OURS, box=BOX, reason="user not exist", told="收件人的邮箱地址不存在"):
    """系统退信 of 163 and 126: GBK, in words, with the original behind."""
    text = f"抱歉，您的邮件被退回来了……\r\n原邮件信息：\r\n  时  间 2025-11-20 09:12:31\r\n  收件人 {box}\r\n退信原因：\r\n  {told}。\r\n  英文说明:{reason}\r\n建议解决方案：\r\n  邮差小易温馨提示：请核实收件人。\r\n"
    encoded = b64encode(text.encode("gbk")).decode()
    subject = b64encode("系统退信".encode("gbk")).decode()
    return (
        f"From: Postmaster@163.com\r\nTo: zuzhibu@university.example\r\nSubject: =?gbk?B?{subject}?=\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="----=_Part_46_1"\r\n\r\n'
        "------=_Part_46_1\r\nContent-Type: text/plain; charset=GBK\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{encoded}\r\n------=_Part_46_1\r\nContent-Type: message/rfc822\r\n\r\nTo: {box}\r\nMessage-ID: {message_id}\r\n\r\nx\r\n------=_Part_46_1--\r\n"
    ).encode()
