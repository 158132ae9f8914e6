"""Whether a paper is in order when it arrives (R14, R15, R43)."""

from collections.abc import Collection

from config.programme import DeliverableRule
from config.vocabulary import SubmissionState
from models.rules.snapshot import Project, Submission


def missing_before(rule: DeliverableRule, done: Collection[str]) -> tuple[str, ...]:
    """Return the keys of what must be on record before this paper and is not (R14)."""
    return tuple(key for key in rule.after if key not in done)


def defects(rule: DeliverableRule, paper: Submission, project: Project) -> tuple[str, ...]:
    """Return what is wrong with a paper, in Chinese; empty when it is in order."""
    found = []
    if rule.pieces is not None and paper.pieces != rule.pieces:
        found.append(f"应为 {rule.pieces} 份，收到 {paper.pieces} 份")
    if paper.files < rule.files_min:
        found.append(f"至少附 {rule.files_min} 个文件，收到 {paper.files} 个")
    done = [key for key, p in project.submissions.items() if p.state != SubmissionState.RETURNED]
    found += [f"缺少前置材料 {key}" for key in missing_before(rule, done)]
    return tuple(found)
