"""Score sheets that panel members have filled in: every page of the workbook, a row for each project, a column for each criterion."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from config.loading import PlanError
from config.rubrics import Criterion, RubricPart
from models.imports.reading import HEAD_WITHIN, ROWS_MAX, plain, whole
from models.imports.workbook import Wish, opened, rows_of

KEY, PROJECT, OPINION = "核对码", "项目编号", "评审意见"
OPINION_MAX = 2000
_NUMBER = re.compile(r"-?\d{1,6}(\.\d{1,6})?")
_POINTS = re.compile(r"[(（]\d+分[)）]$")


class SheetKey(NamedTuple):
    """What a row is about; stands in its hidden first cell."""

    project: str
    phase: str
    part: str
    round_no: int
    assessor: str

    @property
    def text(self) -> str:
        """Return the key as the hidden cell holds it."""
        return "/".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> "SheetKey | None":
        """Return the key of a hidden cell, None when it is none."""
        parts = text.split("/")
        if len(parts) != len(cls._fields) or not all(parts) or (number := whole(parts[3])) is None:
            return None
        return cls(parts[0], parts[1], parts[2], number, parts[4])


@dataclass(frozen=True, slots=True)
class SheetScores:
    """One filled row: ``where`` names sheet and row, ``scores`` go by criterion key."""

    where: str
    key: SheetKey
    scores: Mapping[str, float]
    opinion: str


Cells = Sequence[Any]
Known = Callable[[SheetKey], RubricPart | None]
"""Which part of a rubric a row is about; None: there is none like that."""


def read_scores(path: Path, known: Known) -> list[SheetScores]:
    """Return the rows that have been filled in; rows left empty are left out.

    Raises PlanError with every flaw by sheet and cell: what was read, what is expected.
    """
    flaws: list[str] = []
    with opened(path, Wish.STREAMED) as book:
        rows = [row for page in book.worksheets for row in _Page(f"工作表“{page.title}”", known, flaws).rows(rows_of(path, page))]
    flaws += _twice(rows)
    if not rows and not flaws:
        flaws.append("没有填写任何评分；请填写后再登记")
    if flaws:
        raise PlanError("\n".join(f"{path.name} {flaw}" for flaw in flaws))
    return rows


@dataclass(slots=True)
class _Page:
    """One page being read; ``flaws`` are those of the whole workbook."""

    where: str
    known: Known
    flaws: list[str]
    head: dict[str, int] = field(default_factory=dict)

    def rows(self, lines: Iterator[Cells]) -> Iterator[SheetScores]:
        for number, cells in enumerate(lines, start=1):
            if number > (ROWS_MAX if self.head else HEAD_WITHIN):
                break
            if not self.head:
                self.head = _head(cells)
            elif text := plain(_value(cells, self.head[KEY])):
                yield from self._row(number, cells, text)
            elif any(plain(_value(cells, index)) for title, index in self.head.items() if _POINTS.search(title)):
                self._flaw(cells, self.head[KEY], number, KEY, "有得分而没有核对码，不知是哪个项目；请用重新生成的评分表填写")
        if not self.head:
            self.flaws.append(f"{self.where}：前 {HEAD_WITHIN} 行没有表头；应含 {KEY}、{PROJECT}，请用生成的评分表填写")

    def _row(self, number: int, cells: Cells, text: str) -> Iterator[SheetScores]:
        key = SheetKey.read(text)
        part = self.known(key) if key else None
        seen = plain(_value(cells, self.head[PROJECT]))
        if key is None or part is None:
            self._flaw(cells, self.head[KEY], number, KEY, f"读到“{text[:60]}”，应为生成时的原样；请用重新生成的评分表填写")
        elif seen != key.project:
            self._flaw(cells, self.head[PROJECT], number, PROJECT, f"读到“{seen[:40]}”，应为 {key.project}；请勿改动项目编号")
        elif self._says_something(cells, part):
            before = len(self.flaws)
            scores = self._scores(number, cells, part)
            opinion = self._opinion(number, cells)
            if len(self.flaws) == before:
                yield SheetScores(f"{self.where} 第 {number} 行", key, scores, opinion)

    def _columns(self, part: RubricPart) -> Iterator[tuple[Criterion, int | None]]:
        return ((line, self.head.get(_heading(f"{line.title}（{line.points}分）"))) for line in part.criteria)

    def _says_something(self, cells: Cells, part: RubricPart) -> bool:
        indexes = [self.head.get(OPINION), *(index for _, index in self._columns(part))]
        return any(plain(_value(cells, index)) for index in indexes)

    def _scores(self, number: int, cells: Cells, part: RubricPart) -> dict[str, float]:
        scores = {}
        for line, index in self._columns(part):
            value = _points(_value(cells, index), line.points)
            if isinstance(value, str):
                self._flaw(cells, index, number, line.title, value)
            else:
                scores[line.key] = value
        return scores

    def _opinion(self, number: int, cells: Cells) -> str:
        opinion = plain(_value(cells, self.head.get(OPINION)))
        if len(opinion) > OPINION_MAX:
            self._flaw(cells, self.head.get(OPINION), number, OPINION, f"读到 {len(opinion)} 字，应不超过 {OPINION_MAX} 字")
        return opinion

    def _flaw(self, cells: Cells, index: int | None, number: int, title: str, text: str) -> None:
        cell = cells[index] if index is not None and index < len(cells) else None
        at = getattr(cell, "coordinate", "") or f"第 {number} 行"
        self.flaws.append(f"{self.where} {at}（{title}）：{text}")


def _head(cells: Cells) -> dict[str, int]:
    found = {_heading(cell.value): index for index, cell in enumerate(cells) if plain(cell.value)}
    return found if KEY in found and PROJECT in found else {}


def _heading(value: Any) -> str:
    return plain(value).replace(" ", "")


def _value(cells: Cells, index: int | None) -> Any:
    return cells[index].value if index is not None and index < len(cells) else None


def _points(value: Any, most: int) -> float | str:
    """Return the points of a cell, or what is wrong with it; 36分 and full-width digits are read."""
    text = plain(value).replace(" ", "").replace(",", ".").removesuffix("分")
    expected = f"应为 0 至 {most} 之间的数"
    if not text:
        return f"未填写，{expected}；不评的请整行留空"
    if isinstance(value, bool) or not _NUMBER.fullmatch(text) or not 0 <= float(text) <= most:
        return f"读到“{plain(value)[:40]}”，{expected}"
    return float(text)


def _twice(rows: Sequence[SheetScores]) -> list[str]:
    first: dict[SheetKey, str] = {}
    return [
        f"{row.where}：{row.key.project} 与{first[row.key]}重复；每个项目每项只能一行"
        for row in rows
        if first.setdefault(row.key, row.where) != row.where
    ]
