"""What a mail server's reply means and what follows: one table, read from the top, first match wins.

Texts of NetEase, QQ, Exmail and Coremail come before the enhanced codes (RFC 3463), those before the bare codes (RFC 5321).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from config.clock import BUSINESS_ZONE, business_day, business_instant
from config.vocabulary import Labelled, TaskKind
from models.rules.calendar import Calendar


class ReplyClass(Labelled):
    """Whose matter a refusal is."""

    AUTH = "auth", "账号或授权码有误"
    OURS = "ours", "本系统或账号设置有误"
    THROTTLE = "throttle", "发信过快"
    QUOTA = "quota", "当日发信量已满"
    GREY = "grey", "对方要求稍后再试"
    FULL = "full", "对方邮箱或服务器已满"
    CONTENT = "content", "内容被拒"
    ADDRESS = "address", "邮箱地址有误"
    SIZE = "size", "邮件过大"
    POLICY = "policy", "对方策略拒收"
    HOST = "host", "邮件服务器暂不可用"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a class of replies.

    ``minutes`` is the wait before the 1st, 2nd … retry (the last one repeats); ``next_day`` waits for the morning of the
    next working day; neither: never again. ``everyone`` makes the whole account wait, not this mail alone; ``attempt`` is
    False where the reply says nothing about this mail. ``task`` is left for a person when the mail is given up.
    """

    minutes: tuple[int, ...] = ()
    next_day: bool = False
    stop: bool = False
    everyone: bool = False
    attempt: bool = True
    task: TaskKind | None = None
    suppress: bool = False
    """The address is known to be bad: nothing else goes there until the contact is changed."""
    advice: str = ""

    @property
    def again(self) -> bool:
        """Whether the mail is tried again without a person."""
        return bool(self.minutes) or self.next_day


REMEDIES: dict[ReplyClass, Remedy] = {
    ReplyClass.AUTH: Remedy(stop=True, attempt=False, advice="请核对账号和客户端授权码（不是登录密码）"),
    ReplyClass.OURS: Remedy(stop=True, attempt=False, advice="请核对发件人与登录账号是否一致、SPF 等域名设置"),
    ReplyClass.THROTTLE: Remedy(minutes=(15, 30, 60), everyone=True, attempt=False),
    ReplyClass.QUOTA: Remedy(next_day=True, everyone=True, attempt=False),
    ReplyClass.GREY: Remedy(minutes=(6, 15, 30, 60, 120, 240)),
    ReplyClass.FULL: Remedy(minutes=(30, 60, 120, 240)),
    ReplyClass.CONTENT: Remedy(task=TaskKind.TELEPHONE, advice="请修改信件内容后重新发送，并电话告知"),
    ReplyClass.ADDRESS: Remedy(task=TaskKind.WRONG_ADDRESS, suppress=True, advice="请核对邮箱或电话联系"),
    ReplyClass.SIZE: Remedy(task=TaskKind.TELEPHONE, advice="请缩减附件后重新发送，并电话告知"),
    ReplyClass.POLICY: Remedy(task=TaskKind.TELEPHONE, advice="请电话联系，并与邮件管理员核对拒收原因"),
    ReplyClass.HOST: Remedy(minutes=(1, 2, 5, 15, 30, 60), everyone=True, attempt=False),
}
"""Class → what follows. Greylists: most open after 5 to 10 minutes, hence 6 and 15 first."""


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """One row: codes, an enhanced code (its beginning) or a pattern in the text, and the class."""

    codes: tuple[int, ...]
    enhanced: str
    pattern: str
    meaning: ReplyClass

    def fits(self, code: int, text: str) -> bool:
        """Return whether a reply belongs to this row; an empty cell fits everything."""
        if self.codes and code not in self.codes:
            return False
        if self.enhanced and not re.match(re.escape(self.enhanced) + r"(?!\d)", enhanced_code(text)):
            return False
        return not self.pattern or re.search(self.pattern, text, re.IGNORECASE) is not None


_ANY: tuple[int, ...] = ()
_FINAL = (550, 551, 553, 554)
REPLIES: tuple[ReplyRow, ...] = (
    # NetEase: 126, 163, its enterprise mail
    ReplyRow((421, 450, 451, 550, 554), "", r"\bHL:(ICC|IFC|REP|IHU)\b", ReplyClass.THROTTLE),
    ReplyRow((450, 451, 550, 554), "", r"\bMI:(DMC|CEL|SFQ|IMF)\b", ReplyClass.THROTTLE),
    ReplyRow((450, 451, 554), "", r"\bRP:(DRC|QRC|TRC|CEL)\b", ReplyClass.THROTTLE),
    ReplyRow((451, 550, 554), "", r"\bMI:STC\b", ReplyClass.QUOTA),
    ReplyRow((450, 451), "", r"\bDT:SPM\b", ReplyClass.GREY),
    ReplyRow((550, 553, 554), "", r"\bDT:SPM\b", ReplyClass.CONTENT),
    ReplyRow((550, 553, 554), "", r"\bMI:(SPF|DMA|SPB|NHD)\b", ReplyClass.OURS),
    ReplyRow((553,), "", r"mail from must equal auth", ReplyClass.OURS),
    # QQ, Exmail, Coremail
    ReplyRow((451, 454, 535, 550), "", r"open (the )?smtp flag|smtp flag|auth(oriz|oris)ation code|授权码", ReplyClass.AUTH),
    ReplyRow((421, 451, 454, 535, 550), "", r"too (much|many) fail(ed)? auth", ReplyClass.AUTH),
    ReplyRow((501, 550, 553), "", r"mail from address must be same|sender address rejected|发件人.*(不一致|不符)", ReplyClass.OURS),
    ReplyRow(_ANY, "", r"frequency (is )?limited|too (frequent|fast)|rate limit|频率|过于频繁", ReplyClass.THROTTLE),
    ReplyRow(_ANY, "", r"(daily|day).{0,20}(quota|limit)|(quota|limit).{0,20}(daily|per day)", ReplyClass.QUOTA),
    ReplyRow(_ANY, "", r"(当天|当日|每日|今日).{0,12}(上限|限制|超)", ReplyClass.QUOTA),
    ReplyRow((550, 553, 554), "", r"spf (check|fail|reject)|dkim|dmarc", ReplyClass.OURS),
    ReplyRow((550, 554), "", r"content (denied|rejected|refused)|suspected (of )?spam|垃圾邮件|内容.{0,6}(拒|违规)", ReplyClass.CONTENT),
    ReplyRow((450, 451), "", r"gr[ea]y ?list", ReplyClass.GREY),
    ReplyRow((550, 551, 553), "", r"mailbox.{0,12}(full|exceed|over ?quota)|邮箱.{0,4}满", ReplyClass.FULL),
    ReplyRow(_FINAL, "", r"(user|mailbox|recipient|account).{0,16}(not (exist|found)|unknown|invalid|unavailable)", ReplyClass.ADDRESS),
    ReplyRow(_FINAL, "", r"(no such|unknown) (user|mailbox|recipient)|(用户|邮箱|收件人|帐号|账号).{0,4}不存在", ReplyClass.ADDRESS),
    # enhanced codes
    ReplyRow((550, 554), "5.7.8", "", ReplyClass.AUTH),
    ReplyRow((450, 451, 452), "4.2.2", "", ReplyClass.FULL),
    ReplyRow((450, 451, 452), "4.3.1", "", ReplyClass.FULL),
    ReplyRow((450, 451, 452), "4.2.1", r"rate|limit|many", ReplyClass.THROTTLE),
    ReplyRow((450, 451, 452), "4.7.0", r"rate|limit|many", ReplyClass.THROTTLE),
    ReplyRow((501, 550, 553, 554), "5.1.7", "", ReplyClass.OURS),
    ReplyRow((501, 550, 553, 554), "5.1.8", "", ReplyClass.OURS),
    ReplyRow((501, 550, 551, 553, 554), "5.1", "", ReplyClass.ADDRESS),
    ReplyRow((550, 554), "5.2.1", "", ReplyClass.ADDRESS),
    ReplyRow((550, 552, 554), "5.2.2", "", ReplyClass.FULL),
    ReplyRow((550, 552, 554), "5.2.3", "", ReplyClass.SIZE),
    ReplyRow((550, 552, 554), "5.3.4", "", ReplyClass.SIZE),
    ReplyRow((550, 553, 554), "5.6", "", ReplyClass.CONTENT),
    ReplyRow((550, 552, 553, 554, 571), "5.7", "", ReplyClass.POLICY),
    # bare codes
    ReplyRow((421, 454), "", "", ReplyClass.HOST),
    ReplyRow((452,), "", "", ReplyClass.FULL),
    ReplyRow((530, 534, 535, 538), "", "", ReplyClass.AUTH),
    ReplyRow((500, 501, 502, 503, 504, 555), "", "", ReplyClass.OURS),
    ReplyRow((552,), "", "", ReplyClass.SIZE),
    ReplyRow((550, 551, 553), "", "", ReplyClass.ADDRESS),
    ReplyRow((554, 521, 556, 571), "", "", ReplyClass.POLICY),
)  # fmt: skip
"""501 without an enhanced code is our own fault: addresses are checked before they are spoken."""

_ENHANCED = re.compile(r"^\W*([245]\.\d{1,3}\.\d{1,3})\b")
LOWEST_REFUSAL, LOWEST_PERMANENT, NO_REPLY = 400, 500, 600


def enhanced_code(text: str) -> str:
    """Return the enhanced status code that a reply begins with, or nothing."""
    found = _ENHANCED.match(text)
    return found[1] if found else ""


def is_refusal(code: int) -> bool:
    """Return whether a code is a definite refusal of SMTP; anything else where one was expected is gibberish."""
    return LOWEST_REFUSAL <= code < NO_REPLY


def meaning(code: int, text: str) -> ReplyClass:
    """Return the class of a refusal: the first row that fits; an unlisted 4xx is tried later, an unlisted 5xx is told to a person."""
    found = next((row.meaning for row in REPLIES if row.fits(code, text)), None)
    return found or (ReplyClass.GREY if code < LOWEST_PERMANENT else ReplyClass.POLICY)


def decoded(reply: bytes) -> str:
    """Return a reply as text in one line: UTF-8, else GB 18030 (QQ and old Coremail), else with marks where neither fits."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return " ".join(reply.decode(encoding).split())
        except UnicodeDecodeError:
            continue
    return " ".join(reply.decode("utf-8", errors="replace").split())


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When a retry may leave: on working days between the two times."""

    from_: time
    until: time

    def contain(self, instant: datetime, calendar: Calendar) -> bool:
        """Return whether the office is open."""
        return calendar.is_working_day(business_day(instant)) and self.from_ <= instant.astimezone(BUSINESS_ZONE).time() <= self.until

    def opening(self, instant: datetime, calendar: Calendar) -> datetime:
        """Return when the office opens next, the instant itself while it is open."""
        if self.contain(instant, calendar):
            return instant
        day = business_day(instant)
        today = calendar.is_working_day(day) and instant.astimezone(BUSINESS_ZONE).time() < self.from_
        return business_instant(day if today else calendar.shift(day, 1), self.from_)


def next_try(remedy: Remedy, earlier: int, now: datetime, calendar: Calendar, hours: OfficeHours) -> datetime:
    """Return when a put-off mail is due again, ``earlier`` such answers having come before; always in office hours."""
    today = business_day(now)
    if remedy.next_day:
        return business_instant(calendar.shift(today, 1), hours.from_)
    return hours.opening(now + timedelta(minutes=_step(remedy.minutes, earlier)), calendar)


def _step(minutes: Sequence[int], earlier: int) -> int:
    return minutes[min(earlier, len(minutes) - 1)]
