"""What real servers say, and what we make of it: every row written by hand from what providers publish and users report."""

from datetime import date, datetime, time

import pytest

from config.clock import BUSINESS_ZONE
from config.vocabulary import TaskKind
from models.rules.calendar import Calendar
from notifications.replies import REMEDIES, REPLIES, OfficeHours, ReplyClass, decoded, meaning, next_try
from notifications.transport import Result, classify

HOURS = OfficeHours(time(8, 30), time(17))
C = ReplyClass

SAID = [
    # NetEase
    (421, "HL:ICC 163 smtp3, too many connections", C.THROTTLE),
    (421, "HL:IFC 163 smtp9, sending too fast", C.THROTTLE),
    (421, "HL:REP 163 smtp14", C.THROTTLE),
    (450, "MI:DMC 163 smtp1, too many mails per connection", C.THROTTLE),
    (450, "RP:DRC 163 smtp2", C.THROTTLE),
    (451, "MI:SFQ 163 smtp4, please retry in 15 min", C.THROTTLE),
    (451, "RP:QRC 163 smtp5", C.THROTTLE),
    (554, "5.5.0 MI:STC 163 smtp6", C.QUOTA),
    (451, "DT:SPM 163 smtp7, please try again in 2 min", C.GREY),
    (554, "DT:SPM 163 smtp8,AAAA, please see http://mail.example/help", C.CONTENT),
    (550, "MI:SPF mx14, SPF check failed", C.OURS),
    (553, "Mail from must equal authorized user", C.OURS),
    # QQ, Exmail
    (454, "Authentication failed, please open smtp flag first!", C.AUTH),
    (451, "too much fail authentication, try again later", C.AUTH),
    (535, "Login Fail. Please enter your authorization code to login", C.AUTH),
    (501, "mail from address must be same as authorization user", C.OURS),
    (550, "Connection frequency limited", C.THROTTLE),
    (550, "Ip frequency limited", C.THROTTLE),
    (550, "Mail content denied", C.CONTENT),
    (550, "Mailbox not found", C.ADDRESS),
    (550, "User not exist", C.ADDRESS),
    # Standards
    (421, "4.3.2 Service not available", C.HOST),
    (450, "4.7.1 Greylisted, try again", C.GREY),
    (450, "4.2.1 Receiving mail at too high a rate", C.THROTTLE),
    (451, "local error", C.GREY),
    (452, "4.3.1 Insufficient system storage", C.FULL),
    (452, "4.2.2 mailbox full", C.FULL),
    (452, "no space left", C.FULL),
    (454, "TLS not available", C.HOST),
    (500, "unknown command", C.OURS),
    (501, "5.1.3 Bad recipient address syntax", C.ADDRESS),
    (501, "syntax", C.OURS),
    (530, "Must issue STARTTLS first", C.AUTH),
    (535, "5.7.8 bad credentials", C.AUTH),
    (550, "5.1.1 no such mailbox", C.ADDRESS),
    (550, "5.1.10 null MX", C.ADDRESS),
    (550, "5.7.1 relaying denied", C.POLICY),
    (550, "5.1.8 bad sender domain", C.OURS),
    (552, "5.2.2 mailbox over quota", C.FULL),
    (552, "5.3.4 message too big", C.SIZE),
    (552, "message size", C.SIZE),
    (553, "mailbox name not allowed", C.ADDRESS),
    (554, "rejected", C.POLICY),
    (599, "never heard of", C.POLICY),
    (499, "never heard of", C.GREY),
]


@pytest.mark.parametrize(("code", "text", "wanted"), SAID, ids=[f"{c} {t[:28]}" for c, t, _ in SAID])
def test_what_servers_say(code, text, wanted):
    assert meaning(code, text) == wanted


def test_every_row_of_the_table_is_heard_in_some_example():
    """Negative control of the examples above, too: a row that never decides anything is a row that nobody checked."""
    heard = {next((n for n, row in enumerate(REPLIES) if row.fits(code, text)), None) for code, text, _ in (*SAID, *CHINESE, *MORE)}
    silent = [REPLIES[n] for n in range(len(REPLIES)) if n not in heard]
    assert silent == []


CHINESE = [
    (550, "您的帐号今日发信量已超上限", C.QUOTA),
    (550, "发信过于频繁，请稍后再试", C.THROTTLE),
    (550, "该用户不存在", C.ADDRESS),
    (550, "对方邮箱已满", C.FULL),
    (554, "疑似垃圾邮件", C.CONTENT),
    (501, "发件人与登录账号不一致", C.OURS),
]
MORE = [
    (554, "daily sending quota exceeded", C.QUOTA),
    (550, "no such user here", C.ADDRESS),
    (550, "DKIM signature missing", C.OURS),
    (554, "5.7.8 not logged in", C.AUTH),
    (550, "5.1.7 sender syntax", C.OURS),
    (450, "4.7.0 rate exceeded", C.THROTTLE),
    (550, "5.2.1 mailbox disabled", C.ADDRESS),
    (554, "5.2.3 too long", C.SIZE),
    (550, "5.6.7 no SMTPUTF8", C.CONTENT),
    (450, "greylisted", C.GREY),
]


@pytest.mark.parametrize(("code", "text", "wanted"), [*CHINESE, *MORE])
def test_what_else_they_say(code, text, wanted):
    assert meaning(code, decoded(text.encode("gb18030"))) == wanted, "QQ and old Coremail answer in GBK"
    assert meaning(code, decoded(text.encode())) == wanted


def test_bytes_that_are_no_text_stay_readable():
    assert decoded(b"550 \xff\xff no\r\nsuch user") == "550 �� no such user"


STOPS, TWICE, NEVER = Result.STOP, Result.DEFERRED, Result.REFUSED
FOLLOWS = {
    C.AUTH: (STOPS, None, False), C.OURS: (STOPS, None, False), C.THROTTLE: (TWICE, None, True), C.QUOTA: (TWICE, None, True),
    C.GREY: (TWICE, None, False), C.FULL: (TWICE, None, False), C.HOST: (TWICE, None, True),
    C.CONTENT: (NEVER, TaskKind.TELEPHONE, False), C.SIZE: (NEVER, TaskKind.TELEPHONE, False),
    C.POLICY: (NEVER, TaskKind.TELEPHONE, False), C.ADDRESS: (NEVER, TaskKind.WRONG_ADDRESS, False),
}  # fmt: skip


@pytest.mark.parametrize("found", ReplyClass)
def test_what_follows_from_a_class(found):
    example = next((code, text) for code, text, wanted in SAID if wanted == found)
    assert (classify(*example).result, REMEDIES[found].task, REMEDIES[found].everyone) == FOLLOWS[found]


def test_only_a_bad_address_is_remembered_as_such():
    assert [found for found in ReplyClass if REMEDIES[found].suppress] == [C.ADDRESS]


def at(day, hour, minute=0):
    return datetime(2025, 11, day, hour, minute, tzinfo=BUSINESS_ZONE)


# Class, how often before, now → when again. 2025-11-04 is a Tuesday, 11-07 a Friday.
AGAIN = [
    (C.GREY, 0, at(4, 9), at(4, 9, 6)),
    (C.GREY, 1, at(4, 9), at(4, 9, 15)),
    (C.GREY, 2, at(4, 9), at(4, 9, 30)),
    (C.GREY, 3, at(4, 9), at(4, 10)),
    (C.GREY, 99, at(4, 9), at(4, 13)),
    (C.THROTTLE, 0, at(4, 9), at(4, 9, 15)),
    (C.HOST, 0, at(4, 9), at(4, 9, 1)),
    (C.HOST, 5, at(4, 9), at(4, 10)),
    (C.FULL, 0, at(4, 9), at(4, 9, 30)),
    (C.QUOTA, 0, at(4, 9), at(5, 8, 30)),
    (C.QUOTA, 0, at(7, 16), at(10, 8, 30)),
    (C.GREY, 0, at(7, 16, 58), at(10, 8, 30)),
    (C.GREY, 0, at(4, 7), at(4, 8, 30)),
]


@pytest.mark.parametrize(("found", "earlier", "now", "wanted"), AGAIN)
def test_when_it_is_tried_again(found, earlier, now, wanted):
    assert next_try(REMEDIES[found], earlier, now, Calendar(), HOURS) == wanted


def test_the_office_s_own_days_off_count():
    closed = Calendar({date(2025, 11, 5): False})
    assert next_try(REMEDIES[C.QUOTA], 0, at(4, 9), closed, HOURS) == at(6, 8, 30)
