"""Opening a workbook: looked over before openpyxl sees it, read whole or as a stream; whatever openpyxl stumbles on is a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any

from openpyxl import DEFUSEDXML, Workbook, load_workbook

from config.loading import PlanError
from models.imports.package import SHEETS, Contents, PackageError, inspect

WHOLE_MAX, WHOLE_ELEMENTS_MAX = 20 * 1024 * 1024, 500_000
"""Bytes and XML elements up to which a workbook is read whole, so that merged cells and hidden rows are known."""
MERGED_MAX, AREA_MAX = 100_000, 250_000
"""Cells that merges may cover for that, and cells of one sheet's rectangle: a workbook read whole makes each of them."""
COLUMNS_MAX, PAGES_MAX = 200, 100
"""Columns of a sheet that are looked at, and sheets of a workbook."""


class Wish(Enum):
    """How a workbook is to be read; ``WHOLE`` refuses one that is too large for it, ``PREFERABLY_WHOLE`` streams it."""

    WHOLE = auto()
    PREFERABLY_WHOLE = auto()
    STREAMED = auto()


@contextmanager
def opened(path: Path, wish: Wish) -> Iterator[Workbook]:
    """Open a workbook for values; raises PlanError for one that is none, is hostile or damaged, or has no sheet."""
    try:
        file = path.open("rb")
    except OSError as fault:
        raise PlanError(f"{path.name}：读不到（{fault.strerror}）；请核对文件") from None
    with file:
        book = _wished(path, file, wish)
        try:
            if not 0 < len(book.worksheets) <= PAGES_MAX:
                raise PlanError(f"{path.name}：没有工作表，或多于 {PAGES_MAX} 张；请核对文件")
            yield book
        finally:
            book.close()


def rows_of(path: Path, sheet: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a sheet, empty ones as well; raises PlanError where a cell is not what it says it is."""
    rows = sheet.iter_rows(max_col=min(sheet.max_column or COLUMNS_MAX, COLUMNS_MAX))
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except Exception as fault:  # noqa: BLE001 - openpyxl checks little of what it reads and may fail with anything
            raise _unreadable(path, fault) from None
        yield cells


def _wished(path: Path, file: IO[bytes], wish: Wish) -> Workbook:
    fits = _is_small(_inspected(path, file))
    if wish is Wish.WHOLE and not fits:
        raise _too_large(path)
    if wish is Wish.STREAMED or not fits:
        return _loaded(path, file, streamed=True)
    book = _loaded(path, file, streamed=False)
    if all(sheet.max_row * min(sheet.max_column, COLUMNS_MAX) <= AREA_MAX for sheet in book.worksheets):
        return book
    if wish is Wish.WHOLE:
        raise _too_large(path)
    return _loaded(path, file, streamed=True)


def _inspected(path: Path, file: IO[bytes]) -> Contents:
    try:
        return inspect(file, SHEETS)
    except PackageError as refusal:
        raise PlanError(f"{path.name}：{refusal}") from None


def _is_small(found: Contents) -> bool:
    return found.unpacked <= WHOLE_MAX and found.elements <= WHOLE_ELEMENTS_MAX and found.merged <= MERGED_MAX


def _loaded(path: Path, file: IO[bytes], *, streamed: bool) -> Workbook:
    assert DEFUSEDXML  # noqa: S101 - locked with us; without it openpyxl unfolds entities (the second line behind ``inspect``)
    file.seek(0)
    try:
        return load_workbook(file, read_only=streamed, data_only=True, keep_links=False)
    except Exception as fault:  # noqa: BLE001 - as in rows_of
        raise _unreadable(path, fault) from None


def _unreadable(path: Path, fault: Exception) -> PlanError:
    return PlanError(f"{path.name}：打不开（{type(fault).__name__}）；请另存为 .xlsx 后再试")


def _too_large(path: Path) -> PlanError:
    return PlanError(f"{path.name}：内容或合并单元格过多；请删去空行空列、取消大片合并后再试")
