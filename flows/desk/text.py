"""The desk as plain text for a terminal: one line per matter, the texts for the group chat on lines of their own."""

from collections.abc import Iterable, Iterator

from flows.desk.view import TITLE, DeskView
from flows.desk.words import day_text, days_text, since_text


def desk_text(view: DeskView) -> str:
    """Return the desk without links."""
    needs = [(a.what, a.about, since_text(a.since, view.on), f"表单：{a.form.text}") for a in view.needs]
    due = [
        (day_text(day.on, view.on), f"{row.cohort} 批次", row.title, f"已交 {row.done}", f"待交 {row.waiting}")
        for day in view.due
        for row in day.rows
    ]
    waiting = [
        (u.ballot or "未提请", f"{u.cohort} 批次{u.phase.label}", f"{len(u.projects)} 个项目", since_text(u.since, view.on))
        for u in view.undecided
    ]
    tasks = [(task.kind.label, task.unit, task.text, since_text(task.since, view.on)) for task in view.tasks]
    mails = [(mail.at, mail.unit, mail.subject, mail.state.label) for mail in view.mails]
    parts = (
        _section("需要您处理", len(needs), needs), _section("本周到期", view.due_waiting, due), _missing(view),
        _section("待党委决定", view.undecided_projects, waiting), _section("待办", len(tasks), tasks),
        _section("最近邮件", len(mails), mails),
    )  # fmt: skip
    lines = [f"{TITLE}　{day_text(view.on, view.on)}　{view.office}", *(line for part in parts for line in ("", *part))]
    return "\n".join(lines)


def _missing(view: DeskView) -> Iterator[str]:
    yield f"【谁还没交】{view.missing_papers}"
    for group in view.missing:
        yield f"  {group.title}（{group.cohort} 批次，{day_text(group.due_on, view.on)}）"
        yield from _lines((row.unit, row.about, row.contact, row.phone, days_text(row.days_left)) for row in group.rows)
        if group.chat:
            yield f"  {group.chat}"


def _section(title: str, number: int, rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"【{title}】{number}"
    yield from _lines(rows)


def _lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    for row in rows:
        yield "  - " + "　".join(cell for cell in row if cell)
