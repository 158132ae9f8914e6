"""The steps as Prefect tasks, so that each shows in the run: they trigger and show, the steps do the work."""

from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from config.vocabulary import PhaseKind, ProjectState
from flows.runtime import engine, origin
from flows.steps import phases
from flows.steps.advance import Advance, Board, Stage, StepResult, stage_for

OPTIONS: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


@task(name="核对办理范围", **OPTIONS)
def open_stage(kind: PhaseKind, advance: Advance) -> Stage:
    """Check the form against the pinned plan and today."""
    return stage_for(engine(), kind, advance, origin())


@task(name="发出报送通知", **OPTIONS)
def call_for_materials(stage: Stage) -> StepResult:
    """Tell every unit what is due."""
    return phases.call_for_materials(engine(), stage)


@task(name="提醒与催办", **OPTIONS)
def remind_outstanding(stage: Stage) -> StepResult:
    """Plan the rung that is due for each open duty."""
    return phases.remind_outstanding(engine(), stage)


@task(name="材料齐全核对", **OPTIONS)
def close_submissions(stage: Stage) -> StepResult:
    """Mark what is in order as complete; move projects whose papers are all in."""
    return phases.close_submissions(engine(), stage)


@task(name="申报条件审查", **OPTIONS)
def screen_declarations(stage: Stage) -> StepResult:
    """Compute eligibility with grounds."""
    return phases.screen_declarations(engine(), stage)


@task(name="横向对比", **OPTIONS)
def compare_peers(stage: Stage) -> StepResult:
    """Put added value side by side."""
    return phases.compare_peers(engine(), stage)


@task(name="汇总评分并提出建议", **OPTIONS)
def propose_outcomes(stage: Stage) -> StepResult:
    """Aggregate the assessments into what the committee will see."""
    return phases.propose_outcomes(engine(), stage)


@task(name="开启限期整改", **OPTIONS)
def open_rectifications(stage: Stage) -> StepResult:
    """See to it that every failed project has a running order."""
    return phases.open_rectifications(engine(), stage)


@task(name="更新进展看板", **OPTIONS)
def publish_board(stage: Stage, results: list[StepResult]) -> Board:
    """Return the board and show it as artifacts of the run."""
    board = phases.publish_board(engine(), stage, results)
    show_board(board)
    return board


def show_board(board: Board) -> None:
    """Write the board's artifacts: a short report and the table of states."""
    key = f"board-{board.cohort}-{board.phase}".lower().replace("_", "-")
    lines = "\n".join(f"- {text}" for text in board.attention[:40]) or "- 无"
    more = f"\n- 另有 {len(board.attention) - 40} 项" if len(board.attention) > 40 else ""  # noqa: PLR2004 - a screenful
    text = (
        f"## {board.cohort} 批次　{board.on}\n\n"
        f"已完成 **{board.done}** 项，未完成 **{board.outstanding}** 项，其中逾期 **{board.overdue}** 项。\n"
        f"本次流转 {board.transitions} 项，计划信件 {board.planned} 条。\n\n### 需要关注\n{lines}{more}\n"
    )
    create_markdown_artifact(text, key=key, description=f"{board.cohort} 批次进展看板")
    rows = [{"状态": ProjectState(state).label, "项目数": number} for state, number in sorted(board.states.items())]
    if rows:
        create_table_artifact(rows, key=f"{key}-states", description=f"{board.cohort} 批次项目状态")
