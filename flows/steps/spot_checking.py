"""Acts of the spot checks (R17, R49, P.spot_check): drawn by lot with a seed on record, or chosen by a person with a reason."""

import secrets

from sqlmodel import Session, col, select

from config.mid_term import SpotCheckRule
from config.vocabulary import Machine, PhaseKind
from flows.steps.errors import refuse
from models.history import Act, record_event
from models.loading import cohort_of, cohort_row, load_world, project_row
from models.rules.decisions import assessable
from models.rules.lots import SEED_MAX
from models.rules.snapshot import Project as Known
from models.rules.snapshot import World
from models.rules.spot_checks import choice, drawn_sample, is_left_out, sample, visits
from models.tables import Event, Project


def sample_spot_checks(session: Session, act: Act, cohort: str, percent: int = 0, seed: str = "", reason: str = "") -> tuple[str, ...]:
    """Draw the projects to be visited, and return their codes; drawn once, it stays but for a reason and before the first visit.

    ``percent`` 0 takes the programme's share; an empty ``seed`` is made here. Those chosen by a person are not drawn again.
    """
    row = cohort_row(session, cohort)
    world = load_world(session, cohort)
    rule = _rule(world)
    before = drawn_sample(world, rule.phase)
    if before is not None and not reason.strip():
        return tuple(before.payload["chosen"])
    pool = _pool(world, rule.phase)
    if not pool:
        raise refuse(f"批次 {cohort} 没有待中期考核的项目", "项目入选并处于建设中方可抽查")
    _refuse_after_a_score(world, rule.phase)
    if before is not None:
        _refuse_after_a_visit(world, rule.phase, before.payload["chosen"])
    chance, given = given_seed(seed), percent or rule.percent
    if not 1 <= given <= 100:  # noqa: PLR2004 - percent
        raise refuse(f"抽查比例应为 1 至 100，读到 {given}", f"不填则按方案规定的 {rule.percent}%")
    chosen = sample(pool, chance, given)
    body = {
        "phase": rule.phase.value, "percent": given, "seed": chance, "pool": [p.code for p in pool], "chosen": list(chosen),
        "reason": reason.strip(),
    }  # fmt: skip
    record_event(session, row, "sample_spot_checks", act, body)
    return chosen


def choose_spot_check(session: Session, act: Act, project: str, reason: str) -> None:
    """Choose a project to be visited beside the sample, with a reason."""
    row = project_row(session, project)
    world = load_world(session, cohort_of(session, row).code)
    phase = _rule(world).phase
    if not reason.strip():
        raise refuse("指定实地抽查必须写明理由", "请填写")
    if found := choice(world, world.project(project), phase):
        raise refuse(f"{project} 已列入实地抽查（{found.text}）", "无须重复指定")
    record_event(session, row, "choose_spot_check", act, {"phase": phase.value, "reason": reason.strip()})


def given_seed(seed: str) -> str:
    """Return the seed that was given (a number drawn before witnesses, a lottery's result), or one made at random."""
    text = seed.strip()
    if len(text) > SEED_MAX:
        raise refuse(f"抽签种子不超过 {SEED_MAX} 个字", "请缩短")
    return text or secrets.token_hex(8)


def refuse_left_out(session: Session, project: Project, phase: PhaseKind, round_no: int, title: str) -> None:
    """Refuse the score of a visit for a project that the sample left out; one query unless it is a doubtful case."""
    cohort = cohort_of(session, project)
    stream = f"{Machine.COHORT}:{cohort.code}"
    if session.exec(select(Event.seq).where(Event.stream == stream, col(Event.event) == "sample_spot_checks").limit(1)).first() is None:
        return
    world = load_world(session, cohort.code)
    if is_left_out(world, world.project(project.code), phase, round_no):
        raise refuse(f"{project.code} 未列入实地抽查，{title}不适用", "需要抽查的请先用“指定实地抽查”写明理由")


def _rule(world: World) -> SpotCheckRule:
    rule = world.plan.programme.spot_check
    if rule is None or all(phase.kind != rule.phase for phase in world.plan.cohort.phases):
        raise refuse(f"批次 {world.plan.cohort.cohort} 没有实地抽查安排", "请核对批次")
    return rule


def _pool(world: World, phase: PhaseKind) -> tuple[Known, ...]:
    by_hand = {p.code for p in world.projects if any(f.payload["phase"] == phase for f in p.all("choose_spot_check"))}
    return tuple(p for p in world.projects if assessable(p, phase) and not p.rectifications and p.code not in by_hand)


def _refuse_after_a_score(world: World, phase: PhaseKind) -> None:
    """A sample that leaves out whom somebody has scored would throw the score away."""
    rubrics = [rubric for rubric in world.plan.programme.rubrics if rubric.phase == phase]
    parts = {part.key for rubric in rubrics for part in rubric.parts if part.sampled}
    open_to_lot = {project.code for project in _pool(world, phase)}
    scored = [p.code for p in world.projects if p.code in open_to_lot and any(m.phase == phase and m.part in parts for m in p.assessments)]
    if scored:
        raise refuse(f"{'、'.join(scored)} 已有实地抽查评分，不能再抽取", "请先用“更正记录”撤回评分，或用“指定实地抽查”列入")


def _refuse_after_a_visit(world: World, phase: PhaseKind, chosen: list[str]) -> None:
    seen = [code for code in chosen if visits(world, world.project(code), phase)]
    if seen:
        raise refuse(f"已对 {'、'.join(seen)} 实地抽查，不能重新抽取", "另需抽查的项目请用“指定实地抽查”")
