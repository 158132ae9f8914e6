"""What the papers of acceptance say, read off a project's facts: the application (R5–R9, R14, R17) and the self-evaluation (R56)."""

from collections.abc import Iterable
from typing import Any

from config.screening import SurveyRule
from models.rules import achievements, survey, value_added
from models.rules.snapshot import Project, World
from notifications.typeset import full_day

ROOM = "　"
"""What stands where nothing is on record: room to write."""


def application(world: World, project: Project) -> dict[str, Any]:
    """Return the values of the 工作验收申请书."""
    begun = next((fact.effective_on for fact in project.facts if fact.event in ("enrol", "select")), None)
    held = achievements.standards(world, project)
    return {
        "started_on": full_day(max(begun, world.plan.cohort.starts_on)) if begun else ROOM,
        "survey": _survey(project, world.plan.programme.survey),
        "negative_list": _negative_list(project),
        "targets": _targets(project),
        "standards_title": achievements.standard_title(world, project),
        "standards": [{"title": row.rule.title, "state": _state(row.state), "text": row.text or ROOM} for row in held],
        "aspects": [
            {"part": row.part.title, "title": row.criterion.title, "text": row.text or "（请说明做法和成效，附佐证）"}
            for row in achievements.aspects(world, project)
        ],
        "outputs": [
            {"kind": row.kind.label, "title": row.title, "level": row.level.label, "on": row.on.isoformat(), "link": row.link or ROOM}
            for row in achievements.outputs(project)
        ],
        "promotion": achievements.promotion(project) or "（请说明推广到哪里、有何成效）",
        "growth": _growth(value_added.course(world.plan, project) or ()),
        "publicity": _publicity(project),
        "parts": [{"title": part.title, "weight": part.weight} for part in achievements.acceptance_parts(world, project)],
    }


def value_added_values(world: World, project: Project) -> dict[str, Any]:
    """Return the values of the 增值自评表: the unit's own words where it has evaluated itself, a draft from the figures before."""
    measures, said = value_added.course(world.plan, project), project.latest("self_evaluate")
    targets = achievements.targets(project)
    return {
        "growth": _growth(measures or ()),
        "narrative": said.payload["text"] if said else value_added.narrative(measures),
        "targets": _targets(project),
        "targets_told": f"申报目标 {len(targets)} 项，{achievements.tally(row.state for row in targets)}。"
        if targets
        else "未登记申报目标。",
        "comparison": value_added.comparison_words(project) or "尚未进行。",
        "publicity": _publicity(project),
    }


def _targets(project: Project) -> list[dict[str, Any]]:
    return [
        {"number": row.number, "text": row.text, "state": _state(row.state), "result": row.result or ROOM, "evidence": row.evidence or ROOM}
        for row in achievements.targets(project)
    ]


def _state(state: Any) -> str:
    return state.label if state else ROOM


def _growth(measures: Iterable[value_added.Measure]) -> list[dict[str, str]]:
    return [
        {
            "name": row.name,
            "before": value_added.figure(row.baseline),
            "middle": value_added.figure(row.mid_term),
            "after": ROOM if row.newest is None else value_added.figure(row.newest),
            "delta": "—" if row.delta is None else f"{row.delta:+.10g}",
            "change": "—" if row.percent is None else f"{row.percent:+.1f}%",
        }
        for row in measures
    ]


def _publicity(project: Project) -> list[dict[str, str]]:
    return [
        {"on": full_day(fact.effective_on), "title": fact.payload["title"], "channel": fact.payload["channel"]}
        for fact in project.all("record_publicity")
    ]


def _survey(project: Project, rule: SurveyRule) -> str:
    fact = project.latest("record_survey")
    if fact is None:
        return "尚未登记测评结果"
    found = survey.satisfaction(fact.payload, rule.weights)
    counted = "发出 {issued} 份、收回 {returned} 份、有效 {valid} 份".format_map(fact.payload)
    return f"{counted}，满意率 {found.rate:g}%，加权得分 {found.weighted:g}"


def _negative_list(project: Project) -> str:
    fact = project.latest("check_negative_list") or project.latest("answer_negative_list")
    if fact is None:
        return "尚未填报"
    hits = "、".join(hit["item"] for hit in fact.payload["hits"])
    who = "组织部核查" if fact.event == "check_negative_list" else "单位自查"
    return f"{who}：{hits or '无负面清单事项'}（{full_day(fact.effective_on)}）"
