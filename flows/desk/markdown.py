"""The desk as Markdown for a Prefect artifact: short tables, every value escaped, long lists capped."""

import re
from collections.abc import Iterable, Iterator, Sequence

from flows.desk.links import Link
from flows.desk.view import TITLE, DeskView, LinkGroup
from flows.desk.words import day_text, days_text, since_text
from notifications.typeset import clean

ROWS, GROUPS, NAMES = 15, 8, 6
"""Rows of a table, papers in the list of the missing, names in one cell."""
_SPECIAL = re.compile(r"([\\`*_\[\]{}()#+\-.!|~$^=:@])")


def escaped(text: str) -> str:
    """Return a value that no reader of Markdown takes for markup: one line, no HTML, every special character plain."""
    plain = " ".join(clean(text).split())
    return _SPECIAL.sub(r"\\\1", plain).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def desk_markdown(view: DeskView) -> str:
    """Return the page; equal situations give equal text, so that an unchanged desk need not be written again."""
    parts = (
        _head(view), _needs(view), _due(view), _missing(view), _undecided(view), _defences(view), _tasks(view), _mails(view),
        _links(view.links),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in (*part, ""))


def desk_front(view: DeskView, whole: str = "") -> str:
    """Return what the bookmarked page shows at once: Prefect's page of a key shows the description, the rest is a click away.

    ``whole`` is the address of the whole desk.
    """
    counts = (
        f"谁还没交 **{view.missing_papers}** 份", f"待党委决定 **{view.undecided_projects}** 个项目", f"待办 **{len(view.tasks)}** 项",
        *((f"[查看全部：名单、电话、群通知、邮件]({whole})",) if whole else ()),
    )  # fmt: skip
    parts = (_head(view), ("　".join(counts),), _needs(view), _due(view), _links(view.links))
    return "\n".join(line for part in parts for line in (*part, ""))


def _head(view: DeskView) -> Iterator[str]:
    yield f"# {TITLE}　{day_text(view.on, view.on)}"
    yield ""
    yield f"{escaped(view.office)}　{escaped('、'.join(view.cohorts)) or '没有进行中的批次'}"


def _needs(view: DeskView) -> Iterator[str]:
    rows = [(escaped(a.what), escaped(a.about), since_text(a.since, view.on), _link(a.form)) for a in view.needs]
    yield from _section("需要您处理", len(rows), ("事项", "项目或单位", "自何时起", "表单"), rows)


def _due(view: DeskView) -> Iterator[str]:
    rows = [
        (day_text(day.on, view.on), row.cohort, escaped(row.title), str(row.done), f"**{row.waiting}**" if row.waiting else "0")
        for day in view.due
        for row in day.rows
    ]
    yield from _section("本周到期", view.due_waiting, ("日期", "批次", "材料", "已交", "待交"), rows, "项待交")


def _missing(view: DeskView) -> Iterator[str]:
    yield f"## 谁还没交（{view.missing_papers} 份）"
    yield ""
    if not view.missing:
        yield "无"
    for group in view.missing[:GROUPS]:
        yield f"### {escaped(group.title)}　{day_text(group.due_on, view.on)}　{len(group.rows)} 份"
        yield ""
        rows = [(escaped(r.unit), escaped(r.about), escaped(r.contact), escaped(r.phone), days_text(r.days_left)) for r in group.rows]
        yield from _table(("单位", "党支部", "联系人", "电话", "时限"), rows, f"份，全部名单和电话见{_link(view.everybody)}")
        if group.chat:
            yield from ("**发到工作群：**", "", escaped(group.chat), "")
    if len(view.missing) > GROUPS:
        left = view.missing[GROUPS:]
        papers = sum(len(group.rows) for group in left)
        yield f"另有 {len(left)} 项材料 {papers} 份，全部名单和电话见{_link(view.everybody)}"


def _undecided(view: DeskView) -> Iterator[str]:
    rows = [
        (
            escaped(row.ballot) if row.ballot else f"未提请{f'，{row.unready} 个未齐' if row.unready else ''}",
            f"{row.cohort} {row.phase.label}", _names(row.projects), since_text(row.since, view.on), _link(row.form),
        )
        for row in view.undecided
    ]  # fmt: skip
    yield from _section("待党委决定", view.undecided_projects, ("表决单", "阶段", "项目", "自何时起", "办理"), rows, "个项目")


def _defences(view: DeskView) -> Iterator[str]:
    """Yield the sittings to come; nothing where there is none."""
    rows = [
        (day_text(row.day, view.on), f"{row.starts}—{row.ends}", escaped(row.place), row.cohort, row.numbers, _names(row.names))
        for row in view.defences
    ]
    if rows:
        yield from _section("答辩安排", len(rows), ("日期", "时间", "地点", "批次", "顺序号", "项目"), rows, "场")


def _tasks(view: DeskView) -> Iterator[str]:
    rows = [(task.kind.label, escaped(task.unit), escaped(task.text), since_text(task.since, view.on)) for task in view.tasks]
    yield from _section("待办", len(rows), ("事项", "单位", "内容", "自何时起"), rows)


def _mails(view: DeskView) -> Iterator[str]:
    rows = [(mail.at, escaped(mail.unit), escaped(mail.subject), mail.state.label) for mail in view.mails]
    yield from _section("最近邮件", len(rows), ("时间", "收件单位", "主题", "状态"), rows, "封")


def _links(groups: Sequence[LinkGroup]) -> Iterator[str]:
    yield "## 链接"
    yield ""
    for group in groups:
        yield f"- {escaped(group.title)}：{' · '.join(_link(link) for link in group.links)}"


def _section(title: str, number: int, columns: Sequence[str], rows: Sequence[Sequence[str]], unit: str = "项") -> Iterator[str]:
    yield f"## {title}（{number} {unit}）"
    yield ""
    yield from _table(columns, rows) if rows else ("无",)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], unit: str = "项") -> Iterator[str]:
    """Yield a table without the columns in which nothing stands; ``unit`` ends the sentence that tells how many rows are left out."""
    kept = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    yield "| " + " | ".join(columns[index] for index in kept) + " |"
    yield "|" + " --- |" * len(kept)
    for row in rows[:ROWS]:
        yield "| " + " | ".join(row[index] for index in kept) + " |"
    yield ""
    if len(rows) > ROWS:
        yield from (f"另有 {len(rows) - ROWS} {unit}", "")


def _names(names: Iterable[str]) -> str:
    known = list(names)
    more = f"　另有 {len(known) - NAMES} 项" if len(known) > NAMES else ""
    return escaped("、".join(known[:NAMES])) + more


def _link(link: Link) -> str:
    return f"[{escaped(link.text)}]({link.href})" if link.href else escaped(link.text)
