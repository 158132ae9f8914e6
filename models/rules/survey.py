"""The satisfaction survey (annex 3, R12): whether its sums fit, what looks odd, and both customary percentages."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from config.screening import SurveyRule

OPTIONS = ("非常满意", "满意", "一般", "不满意")
WEIGHTS = (100.0, 80.0, 60.0, 0.0)
"""Points of each option where a programme names none."""
ALIKE_MIN = 5
"""From so many ballots on it is odd that all are alike."""


class Satisfaction(NamedTuple):
    """Percent satisfied or very satisfied of valid ballots, and the weighted mean of all answers given."""

    rate: float
    weighted: float


def problems(survey: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what does not fit: issued ≥ returned ≥ valid ≥ sum of each question, nothing negative."""
    issued, returned, valid = survey["issued"], survey["returned"], survey["valid"]
    found = []
    if not issued >= returned >= valid > 0:
        found.append(f"发放 {issued}、回收 {returned}、有效 {valid} 应依次不增且有效票大于 0")
    if not survey["questions"]:
        found.append("没有任何题目的结果")
    for number, answers in enumerate(survey["questions"], start=1):
        if len(answers) != len(OPTIONS) or min(answers) < 0:
            found.append(f"第 {number} 题应有 {len(OPTIONS)} 个非负数，读到 {list(answers)}")
        elif sum(answers) > valid:
            found.append(f"第 {number} 题合计 {sum(answers)} 超过有效票 {valid}")
        elif sum(answers) == 0:
            found.append(f"第 {number} 题没有一票")
    return tuple(found)


def satisfaction(survey: Mapping[str, Any], weights: Sequence[float] = WEIGHTS) -> Satisfaction:
    """Return both percentages over all questions, rounded to two digits; a question left blank on a valid ballot is nobody satisfied."""
    counts = [sum(column) for column in zip(*survey["questions"], strict=True)]
    total = sum(counts)
    if total == 0:
        return Satisfaction(0.0, 0.0)
    weighted = sum(count * weight for count, weight in zip(counts, weights, strict=True)) / total
    asked = survey["valid"] * len(survey["questions"])
    return Satisfaction(round(100 * (counts[0] + counts[1]) / asked, 2), round(weighted, 2))


def blank_percent(survey: Mapping[str, Any]) -> float:
    """Return how many percent of the questions on valid ballots were left unanswered."""
    asked = int(survey["valid"]) * len(survey["questions"])
    return 100 * (asked - sum(map(sum, survey["questions"]))) / asked


def weak(survey: Mapping[str, Any], rule: SurveyRule) -> str:
    """Return which percentage is below what passes, "" for none."""
    rate, weighted = satisfaction(survey, rule.weights)
    below = [f"满意率 {rate:g}% 低于 {rule.pass_percent:g}%"] if rate < rule.pass_percent else []
    below += [f"加权得分 {weighted:g} 低于 {rule.weighted_pass:g}"] if weighted < rule.weighted_pass else []
    return "、".join(below)


def warnings(survey: Mapping[str, Any], rule: SurveyRule) -> tuple[str, ...]:
    """Return what the office should look at: few ballots, low return, many blanks, low satisfaction, ballots that are all alike."""
    rate, weighted = satisfaction(survey, rule.weights)
    found = []
    if survey["valid"] < rule.ballots_min:
        found.append(f"有效票 {survey['valid']} 张，少于 {rule.ballots_min} 张")
    if 100 * survey["returned"] < rule.return_percent_min * survey["issued"]:
        found.append(f"回收率低于 {rule.return_percent_min:g}%")
    if (blank := blank_percent(survey)) > rule.blank_percent_max:
        found.append(f"有效票中未作答的占 {round(blank, 1):g}%，超过 {rule.blank_percent_max:g}%，请核实各题票数")
    if low := weak(survey, rule):
        found.append(low)
    elif rate < rule.warn_percent or weighted < rule.weighted_warn:
        found.append(f"满意率 {rate:g}%、加权得分 {weighted:g}，未达到良好线（{rule.warn_percent:g}%、{rule.weighted_warn:g}）")
    if survey.get("ballots_alike", 0) >= ALIKE_MIN:
        found.append(f"{survey['ballots_alike']} 张票各题所选完全相同，请核实是否真实测评")
    return tuple(found)
