"""A ballot filled in on a sheet: one project a row, with the decision and, where it differs from the recommendation, its reason."""

from dataclasses import dataclass
from pathlib import Path

from config.loading import PlanError
from models.imports.reading import Columns, must, plain, read_table


@dataclass(frozen=True, slots=True)
class BallotRow:
    """One decision as it was typed; an empty one leaves the project undecided."""

    ballot: str
    project: str
    decision: str
    reason: str


BALLOT_COLUMNS: Columns = {
    "项目编号": ("project", must),
    "决定": ("decision", plain),
    "决定理由": ("reason", plain),
    "表决单": ("ballot", must),
}


def read_ballot(path: Path, ballot: str) -> list[BallotRow]:
    """Return the rows of a ballot's sheet; raises PlanError for a flawed sheet or that of another ballot."""
    rows = [(number, BallotRow(**row)) for number, row in read_table(path, BALLOT_COLUMNS)]
    others = [f"第 {number} 行为 {row.ballot}" for number, row in rows if row.ballot != ballot]
    if others:
        raise PlanError(f"{path.name}：应为表决单 {ballot}，{'、'.join(others[:5])}；请用这张表决单的登记表")
    codes = [row.project for _, row in rows]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise PlanError(f"{path.name}：项目重复：{'、'.join(twice)}；每个项目只能一行")
    return [row for _, row in rows]
