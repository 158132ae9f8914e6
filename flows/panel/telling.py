"""A panel's work as tables: on the screen, as JSON, as a page in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from flows.desk.markdown import escaped
from flows.panel.view import MemberLine, PanelView, RankLine
from models.rules.recusal import REFUSED_AT


class Listed(NamedTuple):
    """A table: title, headings, rows."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


MEMBER_COLUMNS = ("评审人", "联评组", "应评", "已评", "评分张数", "平均得分率", "与同评人相差", "离散程度", "最高被去", "最低被去")
RANK_COLUMNS = ("类型", "名次", "项目", "单位", "得分", "简单平均", "简单平均名次", "结论", "同分依据")
REFUSED_COLUMNS = ("日期", "事项", "评审人", "项目", "回避理由")
DRAW_COLUMNS = ("日期", "联评组", "抽签号", "项目数", "各人项目数", "回避")
EXPLAINED = (
    "“与同评人相差”是该评审人与评同一项目的其他人平均得分率之差的平均，负数为偏严、正数为偏宽；"
    "“离散程度”是其各张评分的标准差；“最高被去”“最低被去”是三人以上评分时独为最高、最低的张数。"
)


def tables(view: PanelView) -> Iterator[Listed]:
    """Yield what there is to show: panels, lots, members, ranking."""
    if view.panels:
        yield Listed("联评组", ("名称", "成员"), [(name, "、".join(members)) for name, members in view.panels.items()])
    if view.draws:
        yield Listed("抽签", DRAW_COLUMNS, [_draw_cells(draw) for draw in view.draws])
    if view.refused:
        yield Listed("拒绝的回避冲突", REFUSED_COLUMNS, [cells for body in view.refused for cells in _refused_cells(body)])
    yield Listed("评审人", MEMBER_COLUMNS, [_member_cells(row) for row in view.members])
    yield Listed(f"名次（{view.method}）", RANK_COLUMNS, [_rank_cells(row) for row in view.ranking])


def _draw_cells(draw: Mapping[str, Any]) -> tuple[str, ...]:
    loads = "、".join(f"{code} {number}" for code, number in draw["loads"].items())
    passed = "；".join(f"{row['assessor']} {row['project']}：{row['ground']}" for row in draw["passed_over"])
    return draw["on"], draw["panel"] or "全体", str(draw["seed"]), str(len(draw["chosen"])), loads, passed or "无"


def _refused_cells(body: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for row in body["refused"]:
        yield body["on"], REFUSED_AT[body["how"]], body["assessor"], row["project"], row["ground"]


def _member_cells(row: MemberLine) -> tuple[str, ...]:
    own, strict = f"{row.code} {row.name}".rstrip(), row.severity
    head = (own, "、".join(row.panels), str(row.assigned or ""), str(row.given) if row.assigned else "")
    if strict is None:
        return (*head, "0", "", "", "", "", "")
    deviation = "" if strict.deviation is None else f"{strict.deviation:+g}" if strict.deviation else "0"
    return (
        *head, str(strict.sheets), f"{strict.average:g}", deviation, f"{strict.spread:g}", str(strict.highest), str(strict.lowest),
    )  # fmt: skip


def _rank_cells(row: RankLine) -> tuple[str, ...]:
    moved = f"{row.mean_rank}" + ("" if row.mean_rank == row.rank else "（变动）")
    kind = row.kind.label + (f"（第 {row.round_no} 轮复评）" if row.round_no else "")
    outcome = "暂无" if row.outcome is None else row.outcome.label if row.decided else f"建议：{row.outcome.label}"
    return (
        kind, str(row.rank), row.project, row.unit, _number(row.score), _number(row.mean), moved, outcome, row.standing,
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def as_json(view: PanelView) -> dict[str, Any]:
    """Return version 1 of the format of `panel --json`."""
    return {
        "title": view.title,
        "method": view.method,
        "panels": {name: list(members) for name, members in view.panels.items()},
        "draws": [dict(draw) for draw in view.draws],
        "members": [_member_json(row) for row in view.members],
        "ranking": [{**asdict(row), "kind": row.kind.value} for row in view.ranking],
    }


def _member_json(row: MemberLine) -> dict[str, Any]:
    told = {"code": row.code, "name": row.name, "panels": list(row.panels), "assigned": row.assigned, "given": row.given}
    strict = row.severity
    return {**told, "severity": {**asdict(strict), "extremes": strict.extremes} if strict else None}


def markdown_of(view: PanelView) -> str:
    """Return a page with every table."""
    lines = [f"# {escaped(view.title)}联评组情况", ""]
    for table in tables(view):
        lines += [f"## {escaped(table.title)}", "", f"| {' | '.join(table.columns)} |", f"|{' --- |' * len(table.columns)}"]
        lines += [f"| {' | '.join(map(escaped, row))} |" for row in table.rows]
        lines.append("")
    return "\n".join([*lines, EXPLAINED])
