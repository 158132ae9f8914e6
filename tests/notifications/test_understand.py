"""What came in, told by its bytes alone: every kind as real programs write it, and bytes that nobody should have to read."""

import tracemalloc
from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.vocabulary import InboundKind
from notifications.inbound.attachments import FILE_MAX, keep_attachments
from notifications.inbound.mime import parts_of, read_head
from notifications.inbound.understand import NAMED, understand
from notifications.outbox import new_message_id
from notifications.replies import ReplyClass
from tests.marks import size
from tests.notifications import letters_in
from tests.notifications.letters_in import BOX, OURS, PDF, foxmail, netease_bounce, reply, sample

KINDS = [
    ("postfix_failed", InboundKind.BOUNCE, ReplyClass.ADDRESS),
    ("postfix_no_host", InboundKind.BOUNCE, ReplyClass.ADDRESS),
    ("mailbox_full", InboundKind.BOUNCE, ReplyClass.FULL),
    ("qq_bounce", InboundKind.BOUNCE, ReplyClass.ADDRESS),
    ("coremail_timeout", InboundKind.BOUNCE, ReplyClass.POLICY),
    ("postfix_delayed", InboundKind.DELAYED, None),
    ("exchange_away", InboundKind.AUTO_REPLY, None),
    ("coremail_auto", InboundKind.AUTO_REPLY, None),
    ("read_receipt", InboundKind.DELIVERED, None),
    ("qq_reply", InboundKind.REPLY, None),
]


@pytest.mark.parametrize(("name", "kind", "ground"), KINDS)
def test_every_kind_is_told_and_names_our_mail(name, kind, ground):
    found = understand(sample(name))
    assert (found.kind, OURS in found.named) == (kind, True)
    if ground:
        assert (found.report.ground, BOX in found.report.named) == (ground, True)


@pytest.mark.parametrize(
    ("reason", "told", "ground"),
    [
        ("user not exist", "收件人的邮箱地址不存在", ReplyClass.ADDRESS),
        ("rejected by system", "您发送的邮件被怀疑为是垃圾邮件，拒绝接收", ReplyClass.CONTENT),
        ("Can not connect to unit.example:203.0.113.5:25", "网络不给力，我们无法与收信方联络上", ReplyClass.POLICY),
        ("554 5.2.2 Quota exceeded", "对方邮箱已满", ReplyClass.FULL),
    ],
)
def test_a_bounce_in_netease_words_is_told_by_its_reason(reason, told, ground):
    found = understand(netease_bounce(reason=reason, told=told))
    assert (found.kind, found.named, found.report.ground) == (InboundKind.BOUNCE, (OURS,), ground)


def test_the_enhanced_code_stands_before_what_the_server_said():
    report = understand(sample("postfix_failed")).report
    assert (report.code, report.text[:5], "User unknown" in report.text) == (550, "5.1.1", True)


def test_only_our_form_of_message_id_is_looked_for_and_our_own_has_it():
    assert NAMED.fullmatch(new_message_id())
    assert new_message_id() != new_message_id(), "nobody guesses the next one"
    assert understand(sample("newsletter")).named == ("<weekly-47@journal.example>",)


def test_the_mail_answered_comes_before_its_thread_and_the_thread_from_its_newest():
    found = understand(reply(In_Reply_To="<c@x>", References="<a@x> <b@x> <c@x>"))
    assert found.named == ("<c@x>", "<b@x>", "<a@x>")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "no"}, InboundKind.REPLY),
        ({"Auto_Submitted": "auto-replied (vacation)"}, InboundKind.AUTO_REPLY),
        ({"X_Autoreply": "yes"}, InboundKind.AUTO_REPLY),
        ({"Precedence": "auto_reply"}, InboundKind.AUTO_REPLY),
        ({"subject": "自动回复：【提醒】"}, InboundKind.AUTO_REPLY),
        ({"subject": "Automatic reply: x"}, InboundKind.AUTO_REPLY),
        ({"subject": "回复：自动回复：【提醒】"}, InboundKind.REPLY),
        ({"X_Auto_Response_Suppress": "All"}, InboundKind.REPLY),
    ],
)
def test_who_answers_by_machine_says_so(headers, kind):
    assert understand(reply(**headers)).kind == kind


def test_what_only_looks_automatic_but_brings_a_file_is_a_persons():
    assert understand(reply(("报告.pdf", PDF), subject="自动回复：【提醒】")).kind == InboundKind.REPLY
    assert understand(reply(("报告.pdf", PDF), Auto_Submitted="auto-replied")).kind == InboundKind.AUTO_REPLY


def test_a_report_in_gbk_by_an_old_program_is_read_to_the_last_character():
    found = understand(foxmail("云杉学院建设进展报告（盖章）.pdf", PDF))
    assert (found.kind, found.named, found.subject) == (InboundKind.REPLY, (OURS,), "回复: 【提醒】报送材料")
    assert found.excerpt == "各位老师：建设进展报告已盖章，见附件。 2025-11-20"
    assert [(one.name, one.part.data()) for one in found.attachments] == [("云杉学院建设进展报告（盖章）.pdf", PDF)]


def test_an_excerpt_leaves_out_what_is_quoted():
    assert understand(sample("qq_reply")).excerpt == "王老师，材料下周一报送，可以吗？"
    assert understand(reply(text="收到\n\n在 2025-11-20 09:12:31，组织部 写道：\n> 请报送")).excerpt == "收到"


def test_the_words_of_a_reply_in_html_alone_are_found_and_its_cloud_files_noticed():
    message = EmailMessage(policy=policy.SMTP)
    message["In-Reply-To"] = OURS
    message.set_content(
        "<style>p{color:red}</style><div>已报&nbsp;&lt;见附件&gt;</div><p>从QQ邮箱发来的超大附件</p><script>x()</script>", subtype="html"
    )
    found = understand(message.as_bytes())
    assert (found.excerpt, found.elsewhere) == ("已报 <见附件> 从QQ邮箱发来的超大附件", True)


def test_a_logo_in_a_signature_is_no_file():
    message = message_from_bytes(reply(("报告.pdf", PDF)), policy=policy.SMTP)
    message.get_body().add_related(
        b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", cid="<logo>", filename="logo.png", disposition="inline"
    )
    assert [one.name for one in understand(message.as_bytes()).attachments] == ["报告.pdf"]


KEPT = [
    ("报告.pdf", PDF, ""),
    ("汇总表.xlsx", letters_in.sheet(), ""),
    ("申报书.docx", letters_in.document(), ""),
    ("../../etc/报告.PDF", PDF, ""),
    ("表格.xlsx", PDF, "内容不是 .xlsx 文件"),
    ("旧.doc", b"\xd0\xcf\x11\xe0", "不收这种文件"),
    ("程序.exe", b"MZ", "不收这种文件"),
    ("报告.pdf.js", PDF, "不收这种文件"),
    ("空.pdf", b"", "是空文件"),
    ("多.zip", b"PK\x03\x04" + b"PK\x01\x02" * 6000, "压缩包内的文件过多"),
]


@pytest.mark.parametrize(("name", "data", "flaw"), KEPT)
def test_a_file_is_kept_by_ending_content_and_size_and_never_under_a_path(tmp_path, name, data, flaw):
    (filed,) = keep_attachments(understand(reply((name, data))).attachments, tmp_path)
    assert filed.flaw.startswith(flaw)
    assert bool(filed.sha256) == (not flaw)
    assert "/" not in filed.name
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == ([] if flaw else [data])


def one_large_file(size):
    """A reply with one file, written by hand: the standard library takes seconds to encode it."""
    head = f"In-Reply-To: {OURS}\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + b64encode(b"%PDF-" + bytes(size))


@pytest.mark.parametrize("size", [FILE_MAX, 2 * FILE_MAX])
def test_a_file_beyond_the_bound_is_named_and_not_kept(tmp_path, size):
    (filed,) = keep_attachments(understand(one_large_file(size)).attachments, tmp_path)
    assert (filed.name, filed.flaw, list(tmp_path.iterdir())) == ("a.pdf", "超过 20 MB", [])


HIDING = {
    "a\0b.pdf": "ab.pdf", "\u202efdp.exe.pdf": "fdp.exe.pdf", "..\\..\\a.pdf": "a.pdf", "../../a.pdf": "a.pdf", "/etc/passwd.pdf": "passwd.pdf",
    ".pdf": "pdf", "a\r\n b.pdf": "a b.pdf", "CON.pdf": "_CON.pdf", "=?GBK?B?////?=.pdf": None, "长" * 900 + ".pdf": None,
}  # fmt: skip


@pytest.mark.parametrize("name", HIDING)
def test_a_name_that_hides_something_is_made_plain(tmp_path, name):
    raw = reply(("PLACE.pdf", PDF)).replace(b'filename="PLACE.pdf"', b'filename="' + name.replace("\\", "\\\\").encode() + b'"')
    (filed,) = keep_attachments(understand(raw).attachments, tmp_path)
    assert HIDING[name] in (None, filed.name)
    assert len(filed.name) <= 120
    assert not set("\0\r\n/\\\u202e") & set(filed.name)


def many_parts(count):
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * count + b"--b--"


def deep(levels):
    head = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(levels))
    return b"In-Reply-To: " + OURS.encode() + b"\r\n" + head + b"\r\nx"


BOMBS = {
    "100 000 parts": many_parts(100_000),
    "5 000 levels": deep(5000),
    "two million headers": b"In-Reply-To: " + OURS.encode() + b"\r\n" + b"A:\r\n" * 2_000_000,
    "one header of 8 MB": b"Subject: " + b"=?gbk?q?" * 1_000_000,
    "a thousand semicolons": b"Content-Type: multipart/mixed;" + b";" * 100_000 + b"\r\n\r\nx",
    "unclosed styles": b"Content-Type: text/html\r\n\r\n" + b"<style " * 1_000_000,
    "a bounce of 12 MB of words": b"From: MAILER-DAEMON@x\r\n\r\n" + b"a.b-" * 3_000_000,
    "30 MB of one file": one_large_file(22_000_000),
    "nested digests": b"Content-Type: multipart/digest; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 50_000,
    "references without end": b"References: " + b"<a@b>" * 400_000 + b"\r\n\r\nx",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_in_bounded_time_and_memory(name):
    tracemalloc.start()
    began = perf_counter()
    found = understand(BOMBS[name])
    took, (_, peak) = perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 5.0
    assert peak < 150_000_000
    assert len(found.named) <= 50


def test_what_is_too_complex_still_tells_which_mail_it_answers():
    for name in ("5 000 levels", "two million headers"):
        found = understand(BOMBS[name])
        assert (found.kind, found.named, bool(found.flaw)) == (InboundKind.REPLY, (OURS,), True)


PIECES = st.sampled_from(
    [
        b"\r\n", b"\n", b"\r", b"\0", b"--b", b"--b--", b"\r\n\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b'boundary="\r\n',
        b"Content-Type: multipart/report; boundary*0*=a''b\r\n", b"Content-Type: message/delivery-status\r\n", b"Content-Type: text/plain; charset=zip\r\n",
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: uuencode\r\n", b"begin 666 x\r\n", b"=?gbk?b?1tdD?=", b"=?x?b?=", b"=?utf-8?q?=ZZ?=",
        b"Subject: ", b"From: MAILER-DAEMON@x\r\n", b"Content-Disposition: attachment; filename*0*=gbk'a\0'%ff%f; filename*99999=x\r\n", b"Action: failed\r\n",
        b"Status: 5.1.1\r\n", b"Diagnostic-Code: smtp; 550", b"In-Reply-To: ", OURS.encode(), "退信原因：".encode("gbk"), b"\xff\xfe", b"Return-Path: <>\r\n",
        b"Content-Type: text/html\r\n", b"<style", b"&#xffffffff;", b"&#0;", b"Content-Type: text/plain; name*=utf-16''%d8\r\n", b":", b" ", b"\xed\xa0\x80",
    ]
)  # fmt: skip
MAILS = st.lists(PIECES | st.binary(max_size=12), max_size=40).map(b"".join) | st.binary(max_size=400)


@settings(max_examples=size(150, 20_000), deadline=None)
@given(raw=MAILS)
def test_no_bytes_make_it_fail_and_all_it_tells_fits_a_database(tmp_path_factory, raw):
    found = understand(raw)
    assert len(found.named) <= 50
    told = [
        found.sender,
        found.subject,
        found.excerpt,
        *found.named,
        *(one.name for one in keep_attachments(found.attachments, tmp_path_factory.getbasetemp() / "f")),
    ]
    if found.report:
        told += [found.report.text, *found.report.named]
        assert found.report.ground in ReplyClass
    for text in told:
        assert "\0" not in text
        text.encode()


def message(depth):
    leaf = st.builds(lambda text: ("leaf", text), st.text(max_size=60) | st.binary(max_size=60))
    return st.recursive(leaf, lambda inner: st.builds(lambda parts: ("many", parts), st.lists(inner, min_size=1, max_size=3)), max_leaves=6)


def built(tree):
    made = EmailMessage(policy=policy.SMTP)
    kind, content = tree
    if kind == "many":
        made.make_mixed()
        for inner in content:
            made.attach(built(inner))
    elif isinstance(content, str):
        made.set_content("".join(char for char in content if not 0xD800 <= ord(char) < 0xE000), cte="base64")
    else:
        made.set_content(content, maintype="application", subtype="pdf", filename="报告.pdf")
    return made


@settings(max_examples=size(25, 2000), deadline=None)
@given(tree=message(3))
def test_parts_are_those_that_the_standard_parser_finds(tree):
    raw = built(tree).as_bytes()
    expected = [
        (part.get_content_type(), part.get_payload(decode=True)) for part in message_from_bytes(raw).walk() if not part.is_multipart()
    ]
    head, body = read_head(raw)
    assert [(part.content_type, part.data()) for part in parts_of(head, body)] == expected
