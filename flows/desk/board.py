"""The board of a phase as artifacts: where it stands and what needs attention. What one run did is told beside the run's link."""

from config.vocabulary import ProjectState
from flows.desk.links import artifact_key
from flows.desk.markdown import escaped
from flows.desk.publishing import Draft, markdown, table
from flows.steps.advance import Board

SHOWN = 40
"""Matters on one board: a screenful."""


def board_drafts(board: Board) -> tuple[Draft, ...]:
    """Return a short report and the table of states."""
    key = artifact_key("board", board.cohort, board.phase)
    lines = [f"- {escaped(text)}" for text in board.attention[:SHOWN]] or ["- 无"]
    lines += [f"- 另有 {len(board.attention) - SHOWN} 项"] if len(board.attention) > SHOWN else []
    text = (
        f"## {board.cohort} 批次　{board.on}\n\n"
        f"已完成 **{board.done}** 项，未完成 **{board.outstanding}** 项，其中逾期 **{board.overdue}** 项。\n\n"
        "### 需要关注\n" + "\n".join(lines) + "\n"
    )
    found = [markdown(key, text, f"{board.cohort} 批次进展看板")]
    if rows := [{"状态": ProjectState(state).label, "项目数": number} for state, number in sorted(board.states.items())]:
        found.append(table(f"{key}-states", rows, f"{board.cohort} 批次项目状态"))
    return tuple(found)
