"""How the desk words days, in Chinese."""

from datetime import date

from notifications.typeset import WEEKDAYS


def day_text(on: date, today: date) -> str:
    """Return a day with its weekday, with its year where that is another one: 11月30日（星期一）."""
    year = "" if on.year == today.year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日（星期{WEEKDAYS[on.weekday()]}）"


def days_text(days_left: int) -> str:
    """Return how long is left, or how late something is."""
    if days_left < 0:
        return f"逾期 {-days_left} 天"
    return "今天到期" if days_left == 0 else f"剩 {days_left} 天"


def since_text(since: date | None, today: date) -> str:
    """Return since when something waits."""
    if since is None:
        return ""
    days = (today - since).days
    year = "" if since.year == today.year else f"{since.year}年"
    return f"{year}{since.month}月{since.day}日" + ("（今天）" if days == 0 else f"（{days} 天）")
