"""Who scores which project: assigned by hand, drawn by lot, taken back (R46, R49, R57); one event a project."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from config.rubrics import RubricPart
from config.vocabulary import AwardKind, PhaseKind
from flows.steps import panels
from flows.steps.errors import ActError, ConflictError, refuse
from flows.steps.panels import Told
from models.history import Act, record_event
from models.loading import cohort_of, cohort_row, load_world, project_row
from models.office_work import panel as panel_in_office
from models.rules import decisions
from models.rules.drawing import Drawn, TooFewError, Wanted, draw
from models.rules.office_work import Panellist
from models.rules.panels import assigned, panel_parts, scorers
from models.rules.recusal import ground, refusal
from models.rules.snapshot import Project, World
from models.tables import Assignment, Cohort
from models.tables import Project as ProjectRow


@dataclass(frozen=True, slots=True)
class Seat:
    """What is to be assigned on one project: the parts of its rubric and the round."""

    project: Project
    phase: PhaseKind
    parts: tuple[RubricPart, ...]
    round_no: int

    def on_it(self) -> frozenset[str]:
        """Return who is assigned to any of the parts, or has scored one without being assigned."""
        keys = ((self.project, self.phase, part.key, self.round_no) for part in self.parts)
        return frozenset(code for key in keys for code in (*assigned(*key), *scorers(*key)))


def assign(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, phase: PhaseKind, part: str, assessor: str, projects: Sequence[str], panel: str = ""
) -> int:
    """Assign one member to several projects, all or nothing; every refusal is named. Returns how many."""
    member = panels.member_in_office(session, assessor)
    if not projects:
        raise refuse("没有选择任何项目", "请至少选一项")
    seats = [_seat(session, code, PhaseKind(phase), part) for code in dict.fromkeys(projects)]
    if found := [f"{seat.project.code}：{why}" for seat in seats if (why := _against(seat, member))]:
        raise _refused(session, seats, member, part, "\n".join([f"有 {len(found)} 项不能分派，全部未分派：", *found]))
    for seat in seats:
        _place(session, act, seat, [assessor], panel.strip(), {"how": "hand"})
    return len(seats)


def _refused(session: Session, seats: Sequence[Seat], member: Panellist, part: str, text: str) -> ActError:
    """Return the error for ``raise``; where a conflict of interest is among the grounds, it goes on record."""
    against = [seat.project for seat in seats if not _not_up(seat) and ground(member, seat.project.unit)]
    conflicts = [refusal(member, project.code, project.unit) for project in against]
    if not conflicts:
        return refuse(text, "请改正后重新提交")
    body = {"how": "assign", "phase": seats[0].phase.value, "part": part, "assessor": member.code, "refused": conflicts}
    return ConflictError(f"{text}；请改正后重新提交", cohort_of(session, project_row(session, conflicts[0]["project"])).code, body)


def _against(seat: Seat, member: Panellist) -> str:
    if why := _not_up(seat):
        return why
    if why := ground(member, seat.project.unit):
        return f"{member.name}{why} {seat.project.code}"
    taken = [one.title for one in seat.parts if member.code in assigned(seat.project, seat.phase, one.key, seat.round_no)]
    return f"{member.label}已分派评审{'、'.join(taken)}" if taken else ""


def _not_up(seat: Seat) -> str:
    if decisions.assessable(seat.project, seat.phase):
        return ""
    return f"现为“{seat.project.state.label}”，不在{seat.phase.label}评审之列"


def assign_balanced(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    cohort: str,
    phase: PhaseKind,
    part: str,
    seed: int,
    panel: str = "",
    award_kind: AwardKind | None = None,
    number: int | None = None,
) -> Told:
    """Draw by lot who assesses each project that lacks members, so that loads are even; the same number gives the same result.

    Without ``panel`` all panel members in office take part; ``number`` members for each project, by default as many as the rubric demands.
    Those who are in conflict are passed over, and it is said which.
    """
    batch, kind = cohort_row(session, cohort), PhaseKind(phase)
    world = load_world(session, cohort)
    pool = _pool(session, batch, panel)
    seats = [seat for seat in _seats(world, kind, part, award_kind) if len(seat.on_it()) < _needed(seat, number)]
    if not seats:
        raise refuse(f"{kind.label}没有待分派的项目", "没有正待评审的项目，或者都已有足够的评审人")
    wanted = [_wanted(seat, pool, number) for seat in seats]
    try:
        drawn = draw(wanted, _loads(world, kind, part, pool), seed)
    except TooFewError as error:
        raise refuse("\n".join(["评审人不足，全部未分派：", *_short(error, seats, pool)]), "请增加成员或减少每个项目人数") from None
    for seat in seats:
        _place(session, act, seat, drawn.chosen[seat.project.code], panel, {"how": "draw", "seed": seed})
    passed = [(one, seat.project.code, why) for seat in seats for one in pool if (why := ground(one, seat.project.unit))]
    _record_draw(session, act, batch, drawn, passed, {"phase": kind.value, "part": part, "panel": panel, "seed": seed, "number": number})
    return Told(tuple(_explained(drawn, pool, passed, seed, panel)))


def _pool(session: Session, batch: Cohort, panel: str) -> list[Panellist]:
    """Return the members who take part, by code; those of a panel who have retired do not."""
    members = set(panels.members_of(session, batch, panel)) if panel else None
    found = [one for one in panel_in_office(session) if members is None or one.code in members]
    if not found:
        raise refuse("没有在岗的评审人员", "请先登记评审人员")
    return found


def _seats(world: World, phase: PhaseKind, part: str, award_kind: AwardKind | None) -> Iterator[Seat]:
    for project in world.projects:
        rubric = world.plan.programme.rubric(phase, project.award_kind)
        if award_kind not in (None, project.award_kind) or rubric is None or not decisions.assessable(project, phase):
            continue
        if parts := panel_parts(rubric, part):
            yield Seat(project, phase, parts, decisions.round_no(project, phase))


def _needed(seat: Seat, number: int | None) -> int:
    least = max(part.assessors_min for part in seat.parts)
    if number is not None and number < least:
        raise refuse(f"每个项目 {number} 人，少于评分表要求的 {least} 人", "请改为不少于该人数，或不填")
    return number or least


def _wanted(seat: Seat, pool: Sequence[Panellist], number: int | None) -> Wanted:
    taken = seat.on_it()
    barred = taken | {one.code for one in pool if ground(one, seat.project.unit)}
    return Wanted(seat.project.code, _needed(seat, number) - len(taken), barred)


def _loads(world: World, phase: PhaseKind, part: str, pool: Sequence[Panellist]) -> dict[str, int]:
    """Return how many projects each member has in the phase already, whichever panel gave them."""
    seats = [seat.on_it() for seat in _seats(world, phase, part, None)]
    return {one.code: sum(one.code in taken for taken in seats) for one in pool}


def _short(error: TooFewError, seats: Sequence[Seat], pool: Sequence[Panellist]) -> Iterator[str]:
    known = {seat.project.code: seat for seat in seats}
    for row in error.short:
        seat = known[row.project]
        free = [one.code for one in pool if one.code not in row.barred]
        grounds = [f"{one.label}{why}" for one in pool if (why := ground(one, seat.project.unit))]
        yield f"{row.project}：还需 {row.number} 人，可派 {len(free)} 人" + (f"（{'；'.join(grounds)}）" if grounds else "")


Passed = tuple[Panellist, str, str]
"""A member, the project on which they were passed over, and the ground."""


def _record_draw(session: Session, act: Act, batch: Cohort, drawn: Drawn, passed: Sequence[Passed], given: Mapping[str, Any]) -> None:
    """Keep the lot with its result in the cohort's history, so that anybody can draw it again."""
    body = {
        "chosen": {project: list(members) for project, members in drawn.chosen.items()},
        "loads": dict(drawn.loads),
        "passed_over": [{"assessor": one.code, "project": project, "ground": why} for one, project, why in passed],
    }
    record_event(session, batch, "draw_panel", act, {**given, **body})


def _explained(drawn: Drawn, pool: Sequence[Panellist], passed: Sequence[Passed], seed: int, panel: str) -> Iterator[str]:
    yield f"{panel or '联评组'}抽签号 {seed}：{len(drawn.chosen)} 个项目，在 {len(pool)} 人中分派"
    yield "各人项目数：" + "、".join(f"{one.label} {drawn.loads[one.code]} 个" for one in pool)
    for one, project, why in passed:
        yield f"{one.label}回避 {project}：{why}"


def unassign(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, project: str, phase: PhaseKind, part: str, assessor: str, reason: str
) -> int:
    """Take back an assignment that has not been scored. Returns how many parts it was for."""
    if not reason.strip():
        raise refuse("撤销分工必须写明理由", "请填写")
    seat = _seat(session, project, PhaseKind(phase), part)
    held = [one for one in seat.parts if assessor in assigned(seat.project, seat.phase, one.key, seat.round_no)]
    if not held:
        raise refuse(f"{assessor} 没有分派评审 {project} 的{'、'.join(one.title for one in seat.parts)}", "请核对")
    if scored := [one.title for one in held if assessor in scorers(seat.project, seat.phase, one.key, seat.round_no)]:
        raise refuse(f"{assessor} 已对 {project} 的{'、'.join(scored)}评分，不能撤销分工", "评分有误请用“更正记录”")
    row = project_row(session, project)
    keys = [one.key for one in held]
    mine = {"project_id": row.id, "phase": seat.phase, "round_no": seat.round_no, "assessor": assessor}
    for entry in session.exec(select(Assignment).filter_by(**mine).where(col(Assignment.part).in_(keys))).all():
        session.delete(entry)
    session.flush()
    body = {"phase": seat.phase.value, "round_no": seat.round_no, "parts": keys, "assessors": [assessor], "reason": reason.strip()}
    record_event(session, row, "unassign", act, body)
    return len(keys)


def _seat(session: Session, code: str, phase: PhaseKind, part: str) -> Seat:
    row = project_row(session, code)
    world = load_world(session, cohort_of(session, row).code)
    project = world.project(code)
    rubric = world.plan.programme.rubric(phase, project.award_kind)
    parts = panel_parts(rubric, part) if rubric else ()
    if not parts:
        raise refuse(f"{phase.label}没有由联评组评分的“{part}”", "请核对评分项；组织部自己评分的部分不分派")
    return Seat(project, phase, parts, decisions.round_no(project, phase))


def _place(session: Session, act: Act, seat: Seat, members: Sequence[str], panel: str, how: Mapping[str, Any]) -> None:
    row: ProjectRow = project_row(session, seat.project.code)
    keys = [part.key for part in seat.parts]
    body = {"phase": seat.phase.value, "round_no": seat.round_no, "parts": keys, "assessors": list(members), "panel": panel, **how}
    record_event(session, row, "assign", act, body)
    for part in keys:
        for member in members:
            session.add(
                Assignment(
                    project_id=row.id or 0, phase=seat.phase, part=part, round_no=seat.round_no, assessor=member, panel=panel
                )
            )  # fmt: skip
    session.flush()


def refuse_unassigned(session: Session, project: ProjectRow, phase: PhaseKind, part: RubricPart, round_no: int, assessor: str) -> None:
    """Refuse a score by anybody but those assigned, once anybody is (R46)."""
    query = select(Assignment.assessor).filter_by(project_id=project.id, phase=phase, part=part.key, round_no=round_no)
    known = session.exec(query.order_by(col(Assignment.id))).all()
    if known and assessor not in known:
        raise refuse(
            f"{assessor} 未分派评审 {project.code} 的{part.title}，已分派：{'、'.join(known)}", "请由已分派的人评分，或先指定评审分工"
        )
