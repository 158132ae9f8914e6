"""The satisfaction survey from Excel or CSV: a summary with the four options per question, or raw ballots one a row (R12, annex 3)."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.loading import PlanError
from models.imports.grid import Grid, Line, read_grids
from models.imports.reading import whole
from models.rules.survey import OPTIONS

COUNTED = {"issued": ("发放", "发出"), "returned": ("回收", "收回"), "valid": ("有效",)}
"""Name → words with which people head it; the number stands in the same cell or the next ones."""
COUNT_TITLES = {"issued": "发放份数", "returned": "回收份数", "valid": "有效份数"}
SYNONYMS: Mapping[str, str] = {
    "很满意": OPTIONS[0], "十分满意": OPTIONS[0], "较满意": OPTIONS[1], "比较满意": OPTIONS[1], "基本满意": OPTIONS[2],
    "一般满意": OPTIONS[2], "不太满意": OPTIONS[3], "不够满意": OPTIONS[3],
}  # fmt: skip
LEFT_OUT = ("序号", "编号", "票号", "时间", "身份", "类别", "单位", "备注", "合计", "满意率", "得分", "姓名")
"""Columns of a raw export that are no question."""
TOTAL = ("合计", "总计", "平均", "满意率")
ANSWERED_MIN = 0.5
"""From this share of option words on a column is a question."""


@dataclass(slots=True)
class Survey:
    """What a sheet says; ``alike`` is how many ballots there are if all are equal, else 0 (raw export only)."""

    counts: dict[str, int] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    questions: list[list[int]] = field(default_factory=list)
    alike: int = 0


def read_survey(path: Path) -> Survey:
    """Return the survey of a file, whichever layout; raises PlanError with every flaw by sheet and cell."""
    grids = read_grids(path)
    for read in (_summary, _ballots):
        for grid in grids:
            flaws: list[str] = []
            found = read(grid, flaws)
            if flaws:
                raise PlanError("\n".join(flaws))
            if found is not None:
                return found
    raise PlanError(
        f"{grids[0].where}：没有认出满意度测评；应为汇总表（表头含{'、'.join(OPTIONS)}），或逐票导出（每行一票，各题写这四个选项之一）"
    )


def _summary(grid: Grid, flaws: list[str]) -> Survey | None:
    """Read a summary: the head names the four options, then one question a row; the three counts stand anywhere."""
    head = next((line for line in grid.lines if len(_option_columns(line)) >= len(OPTIONS) - 1), None)
    if head is None:
        return None
    columns, found = _option_columns(head), Survey(_counts(grid, flaws))
    missing = [option for option in OPTIONS if option not in columns]
    if missing:
        flaws.append(f"{grid.where} 第 {head.number} 行表头：缺少{'、'.join(missing)}，应四个选项齐全")
        return found
    for at, line in enumerate(grid.lines):
        counted = line.number <= head.number or _counts_in(grid, at)
        if not counted and (title := _question(line, min(columns.values()))):
            found.titles.append(title)
            found.questions.append([_number(grid, line, columns[option], option, flaws) for option in OPTIONS])
    flaws += [
        f"{grid.where}：没有读到{COUNT_TITLES[name]}，应有“{COUNT_TITLES[name]}”和数字" for name in COUNTED if name not in found.counts
    ]
    if not found.questions:
        flaws.append(f"{grid.where}：表头下没有任何题目，应每题一行")
    return found


def _option_columns(line: Line) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(line.cells):
        text = re.sub(r"[\s*]|\(.*?\)|（.*?）|票数|人数|份数", "", cell)
        name = SYNONYMS.get(text, text)
        if name in OPTIONS and name not in found:
            found[name] = index
    return found


def _question(line: Line, before: int) -> str:
    """Return the title of a row that holds a question: the last text before the options; totals, counts and signatures hold none."""
    texts = [cell for cell in line.cells[:before] if cell and not re.fullmatch(r"[\d.、]+", cell)]
    numbers = [cell for cell in line.cells[before : before + len(OPTIONS)] if cell]
    title = texts[-1] if texts else "".join(line.cells[:before])
    if not numbers or title.startswith(TOTAL):
        return ""
    return title or f"第 {line.number} 行"


def _number(grid: Grid, line: Line, index: int, option: str, flaws: list[str]) -> int:
    text = line.cells[index] if index < len(line.cells) else ""
    cleaned = _bare(text)
    if not cleaned:
        return 0
    number = whole(cleaned)
    if number is None:
        flaws.append(f"{grid.where} {line.place(index)}（{option}）：读到“{text[:40]}”，应为非负整数票数")
        return 0
    return number


def _counts(grid: Grid, flaws: list[str], until: int | None = None) -> dict[str, int]:
    """Return the three counts found above a row, or anywhere; two that differ are a flaw."""
    found: dict[str, int] = {}
    for at, line in enumerate(grid.lines[:until]):
        for name, (place, text) in _counts_in(grid, at).items():
            number = whole(text)
            if number is None:
                flaws.append(f"{grid.where} {place}（{COUNT_TITLES[name]}）：读到“{text[:40]}”，应为非负整数")
            elif found.setdefault(name, number) != number:
                flaws.append(
                    f"{grid.where} {place}（{COUNT_TITLES[name]}）：读到“{text}”，与第 {line.number} 行之前的 {found[name]} 不一致"
                )
    return found


def _counts_in(grid: Grid, at: int) -> dict[str, tuple[str, str]]:
    """Return name → place and text of the counts that a row gives."""
    found: dict[str, tuple[str, str]] = {}
    for index, cell in enumerate(grid.lines[at].cells):
        for name, words in COUNTED.items():
            if name not in found and (given := _count_at(grid, at, index, cell, "|".join(words))):
                found[name] = given
    return found


def _count_at(grid: Grid, at: int, index: int, cell: str, words: str) -> tuple[str, str] | None:
    """Read ``发放：40 份`` in one cell, ``发放份数 | 40`` beside each other, or a row of labels above one of numbers."""
    line = grid.lines[at]
    if inside := re.search(rf"(?:{words})(?!率)[^\d,;。]*?(\d+)", cell):
        return line.place(index), inside[1]
    if not re.fullmatch(rf"(?:{words}){LABEL}", cell):
        return None
    beside = next(((n, text) for n, text in enumerate(line.cells[index + 1 :], index + 1) if text and text != cell), None)
    if beside and not any(re.fullmatch(rf"(?:{'|'.join(other)}){LABEL}", beside[1]) for other in COUNTED.values()):
        return line.place(beside[0]), _bare(beside[1])
    below = grid.lines[at + 1] if at + 1 < len(grid.lines) else None
    if below is None or index >= len(below.cells) or not below.cells[index]:
        return None
    return below.place(index), _bare(below.cells[index])


LABEL = r"(?:的)?(?:问卷|选票|测评表|测评票|票|表)?(?:份数|数量|张数|总数|数)?(?:\(.*?\))?:?"
"""What may stand behind 发放 and the like for a cell to be a label and no sentence."""


def _bare(text: str) -> str:
    return re.sub(r"\s|[票人份张]$|\.0$|,", "", text)


def _ballots(grid: Grid, flaws: list[str]) -> Survey | None:
    """Read raw ballots: the head is the row above the first one that names options; a ballot with a gap or an unknown word is a flaw."""
    first = next((n for n, line in enumerate(grid.lines) if any(_option(cell) for cell in line.cells)), None)
    if not first:
        return None
    head, rows = grid.lines[first - 1], [line for line in grid.lines[first:] if not line.cells[0].startswith(TOTAL)]
    columns = _question_columns(head, rows)
    if not columns:
        return None
    ballots = [line for line in rows if any(index < len(line.cells) and line.cells[index] for index in columns)]
    answers = [[_answer(grid, line, index, head, flaws) for index in columns] for line in ballots]
    tally = [Counter(row[n] for row in answers) for n in range(len(columns))]
    counts = {"returned": len(ballots), "valid": len(ballots), **_counts(grid, flaws, first - 1)}
    alike = len(answers) if len({tuple(row) for row in answers}) == 1 else 0
    return Survey(counts, [head.cells[index] for index in columns], [[count[option] for option in OPTIONS] for count in tally], alike)


def _option(text: str) -> str | None:
    bare = re.sub(r"^[A-Da-d1-4][.、)）\s]+", "", text)
    name = SYNONYMS.get(bare, bare)
    return name if name in OPTIONS else None


def _question_columns(head: Line, rows: Sequence[Line]) -> list[int]:
    def share(index: int) -> float:
        given = [line.cells[index] for line in rows if index < len(line.cells) and line.cells[index]]
        return sum(_option(text) is not None for text in given) / len(given) if given else 0.0

    named = [index for index, title in enumerate(head.cells) if title and not title.startswith(LEFT_OUT)]
    return [index for index in named if share(index) >= ANSWERED_MIN]


def _answer(grid: Grid, line: Line, index: int, head: Line, flaws: list[str]) -> str:
    text = line.cells[index] if index < len(line.cells) else ""
    found = _option(text)
    if text and found is None:  # an unanswered question leaves the ballot valid
        flaws.append(f"{grid.where} {line.place(index)}（{head.cells[index][:20]}）：读到“{text[:40]}”，应为{'、'.join(OPTIONS)}之一")
    return found or ""
