"""Acts of judgement: assessments by the panel, ballots and the committee's decisions (R17–R19, R46, R47, R49–R53, R56)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, func, select

from config import clock
from config.vocabulary import MailKind, Outcome, PhaseKind
from flows.steps import assigning, letters, panels, recommending, rectifying, spot_checking
from flows.steps.errors import refuse
from flows.steps.voiding_letters import tell_changed
from models.balloting import Applied, of_ballot
from models.history import Act, last_event, record_event
from models.loading import cohort_of, cohort_row, load_calendar, load_plan, load_world, project_row
from models.rules import decisions, publicity, scoring
from models.rules.snapshot import World
from models.tables import Assessment, Ballot, Decision, Project


@dataclass(frozen=True, slots=True)
class Meeting:
    """The committee meeting that decided: all three are mandatory (R18)."""

    name: str
    decided_on: date
    basis: str


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the committee decided on a ballot; projects not named are left undecided."""

    meeting: Meeting
    outcomes: Mapping[str, Outcome]
    reasons: Mapping[str, str] = field(default_factory=dict)


def assess(  # noqa: PLR0913 - the fields of the form
    session: Session,
    act: Act,
    project: str,
    phase: PhaseKind,
    part: str,
    assessor: str,
    scores: Mapping[str, float],
    opinion: str = "",
) -> Assessment:
    """Record one assessor's scores for one part (R46); refused in a conflict, and once others are assigned to the project."""
    row = project_row(session, project)
    rubric = load_plan(cohort_of(session, row)).programme.rubric(PhaseKind(phase), row.award_kind)
    chosen = next((p for p in rubric.parts if p.key == part), None) if rubric else None
    if rubric is None or chosen is None:
        raise refuse(f"{PhaseKind(phase).label}没有评分项“{part}”", "请核对评分表")
    scores = scoring.by_key(chosen, scores)
    if found := scoring.score_problems(rubric, part, scores):
        raise refuse(f"{project} {chosen.title}评分有误：{'；'.join(found)}", "请核对后重新登记")
    panels.refuse_conflict(session, assessor, row, PhaseKind(phase), part)
    round_no = rectifying.rounds_after(session, row, decisions.AFTER.get(PhaseKind(phase)))
    if chosen.sampled:
        spot_checking.refuse_left_out(session, row, PhaseKind(phase), round_no, chosen.title)
    assigning.refuse_unassigned(session, row, PhaseKind(phase), chosen, round_no, assessor)
    keys: dict[str, Any] = {"phase": PhaseKind(phase), "part": part, "round_no": round_no, "assessor": assessor}
    if session.exec(select(Assessment).filter_by(project_id=row.id, **keys)).first():
        raise refuse(f"{assessor} 已对 {project} 的{chosen.title}评分", "如有误，请先用“更正记录”作废原评分")
    record_event(session, row, "assess", act, {**keys, "phase": str(phase), "scores": dict(scores)}, clause=chosen.clause)
    entry = Assessment(project_id=row.id or 0, scores=dict(scores), opinion=opinion, assessed_on=act.on, **keys)
    session.add(entry)
    session.flush()
    return entry


def make_ballot(session: Session, act: Act, cohort: str, phase: PhaseKind) -> Ballot | None:
    """Freeze what the committee is to decide now; None when nothing is up for decision."""
    batch = cohort_row(session, cohort)
    world = load_world(session, cohort)
    lines = _ballot_lines(world, decisions.propose_all(world, phase))
    if not lines:
        return None
    number = session.exec(select(func.count()).select_from(Ballot).where(Ballot.cohort_id == batch.id)).one() + 1
    ballot = Ballot(
        code=f"{cohort}-{phase}-{number}", cohort_id=batch.id or 0, phase=phase, lines=lines, made_by=act.origin,
        made_at=clock.now(), made_on=act.on,
    )  # fmt: skip
    session.add(ballot)
    session.flush()
    return ballot


def _ballot_lines(world: World, proposals: Iterable[decisions.Proposal]) -> list[dict[str, Any]]:
    """Return the lines by kind of award, the best of each kind first: kinds are never ranked against each other."""
    ranks: Counter[str] = Counter()
    lines = []
    for proposal in proposals:
        kind = world.project(proposal.project).award_kind.label
        ranks[kind] += 1
        lines.append(_ballot_line(world, proposal, kind, ranks[kind]))
    return sorted(lines, key=lambda line: (line["kind"], line["rank"]))


def _ballot_line(world: World, proposal: decisions.Proposal, kind: str, rank: int) -> dict[str, Any]:
    project = world.project(proposal.project)
    return {
        "project": project.code,
        "label": f"{project.code} {project.unit.name}",
        "kind": kind,
        "rank": rank,
        "seq": project.seq,
        "round_no": proposal.round_no,
        "outcome": proposal.outcome,
        "standing": proposal.standing,
        "score": proposal.score,
        "reasons": list(proposal.reasons),
        "blockers": list(proposal.blockers),
        "matters": list(proposal.matters),
        "missing_level": proposal.missing_level,
        "former": list(publicity.former(project, proposal.phase, proposal.round_no)),
        "options": [str(o) for o in decisions.allowed_outcomes(proposal.phase, project.state)],
    }


def moved_since(session: Session, ballot: Ballot) -> tuple[str, ...]:
    """Return the projects of a ballot about which something was recorded after it was made."""
    heads = {line["project"]: last_event(session, f"project:{line['project']}") for line in ballot.lines}
    return tuple(line["project"] for line in ballot.lines if (head := heads[line["project"]]) and head.seq != line["seq"])


def undecided_moved(session: Session, ballot: Ballot) -> tuple[str, ...]:
    """Return the projects that moved since a ballot was made, unless it has been decided already."""
    return () if of_ballot(session, ballot) else moved_since(session, ballot)


def apply_ballot(session: Session, act: Act, code: str, verdicts: Verdicts) -> tuple[Applied, ...]:
    """Apply exactly what the committee decided, in one transaction; refused as a whole when facts moved meanwhile.

    Where the phase has publicity, a decision is proposed and moves nothing until its period has ended.
    """
    ballot = session.exec(select(Ballot).where(Ballot.code == code)).first()
    if ballot is None:
        raise refuse(f"没有表决单“{code}”")
    if done := of_ballot(session, ballot):
        return done
    if moved := moved_since(session, ballot):
        raise refuse(f"表决单生成后情况有变：{'、'.join(moved)}", "请重新生成表决单")
    if verdicts.meeting.decided_on > act.on:
        raise refuse(f"会议日期 {verdicts.meeting.decided_on} 晚于今天 {act.on}", "请核对日期")
    lines = {line["project"]: line for line in ballot.lines}
    if unknown := sorted(set(verdicts.outcomes) - set(lines)):
        raise refuse(f"表决单 {code} 中没有项目：{'、'.join(unknown)}", "请核对项目编号")
    with letters.as_of_now(session, ballot.code.split("-")[0]):
        for project, outcome in verdicts.outcomes.items():
            _decide(session, act, ballot, lines[project], Outcome(outcome), verdicts)
    return of_ballot(session, ballot)


def _decide(session: Session, act: Act, ballot: Ballot, line: Mapping[str, Any], outcome: Outcome, verdicts: Verdicts) -> None:
    """Record what was decided about one project: as a decision, or as a proposal that the public sees first."""
    row = project_row(session, line["project"])
    reason = verdicts.reasons.get(row.code, "")
    _refuse_bad_decision(row, line, outcome, reason, verdicts.meeting)
    meeting = verdicts.meeting
    body = {
        "phase": ballot.phase.value,
        "round_no": line["round_no"],
        "outcome": outcome.value,
        "score": line["score"],
        "recommended": line["outcome"],
        "reason": reason,
        "meeting": meeting.name,
        "decided_on": meeting.decided_on.isoformat(),
        "basis": meeting.basis,
        "ballot": ballot.code,
    }
    rule = load_plan(cohort_of(session, row)).programme.publicity_of(ballot.phase)
    if rule is not None and rule.waits(outcome, again=bool(line.get("former"))):
        shift = load_calendar(session).shift
        period = {"from_on": shift(act.on, 1).isoformat(), "until_on": shift(act.on, rule.working_days).isoformat()}
        told = {"event": decisions.project_event(outcome, row.state), **period, "decision": body}
        record_event(session, row, publicity.PROPOSED, act, told)
    else:
        make_final(session, act, row, ballot, body, recorded_by=act.actor)


def make_final(session: Session, act: Act, row: Project, ballot: Ballot, body: Mapping[str, Any], *, recorded_by: str) -> None:
    """Let a decision hold: the project moves, and the letter or the order goes out. ``body`` is that of the event."""
    outcome, line = Outcome(body["outcome"]), next(line for line in ballot.lines if line["project"] == row.code)
    event = record_event(session, row, decisions.project_event(outcome, row.state), act, body)
    same = {name: body[name] for name in ("round_no", "score", "reason", "meeting", "basis")}
    decision = Decision(
        project_id=row.id or 0, ballot_id=ballot.id, phase=ballot.phase, outcome=outcome, recorded_by=recorded_by,
        decided_on=date.fromisoformat(body["decided_on"]), **same,
    )  # fmt: skip
    session.add(decision)
    session.flush()
    reason = (body["reason"],) if body["reason"] else ()
    if decisions.opens_rectification(outcome):
        rectifying.open_rectification(session, act, row, decision, (*line["matters"], *reason))
    else:
        reasons = (*line["reasons"], *reason)
        details = {"outcome": outcome.label, "meeting": body["meeting"], "basis": body["basis"], "reasons": reasons}
        if advised := recommending.after_decision(session, act, row, outcome, line["matters"]):
            details["recommendations"] = advised
        letters.decide(session, act, result_letter(outcome, body["round_no"]), row, event, ballot.phase, details)
    tell_changed(session, act, row, event)


def result_letter(outcome: Outcome, round_no: int) -> MailKind:
    """Return the letter that tells an outcome; after a rectification it is the result of the re-assessment."""
    if round_no and outcome is not Outcome.EXCELLENT:
        return MailKind.REASSESSMENT_RESULT
    return decisions.result_mail(outcome)


def _refuse_bad_decision(row: Project, line: Mapping[str, Any], outcome: Outcome, reason: str, meeting: Meeting) -> None:
    if not (meeting.name.strip() and meeting.basis.strip()):
        raise refuse("会议名称和依据不能为空", "请填写会议名称、日期和依据")
    if str(outcome) not in line["options"]:
        allowed = "、".join(Outcome(o).label for o in line["options"])
        raise refuse(f"{row.code} 不能作出“{outcome.label}”的决定", f"可选：{allowed}")
    if missing := line.get("missing_level"):
        remedy = "补齐后办理“巩固推广”，再重新生成表决单；其他项目可先决定，此项选暂不决定"
        raise refuse(f"{row.code} 三级验收须依次进行，尚缺{missing}", remedy)
    recommended = line["outcome"]
    if line.get("former") and not reason.strip():
        raise refuse(f"{row.code} 是重新决定：{line['former'][0]}", "请写明理由")
    if (outcome != recommended or line["blockers"]) and not reason.strip():
        label = Outcome(recommended).label if recommended else "无"
        raise refuse(f"{row.code} 的决定“{outcome.label}”与建议“{label}”不同或存在未了事项", "请写明理由")
