"""A cohort without one of its records: the fact that `why` names is taken away, and what follows from the others is worked out anew."""

from datetime import date

from config.vocabulary import HonourKind, Level, Machine, Outcome, PhaseKind, ProjectState, SubmissionState
from models.rules.lifecycle import IllegalMoveError, next_state
from models.rules.snapshot import Decision, Fact, Honour, Submission
from tests.factories import changed


def without(known, records, *, lacks=False):
    """Return the world without the records of that name; with ``lacks`` they are there, or say yes, instead."""
    for record in records:
        kind, _, key = record.partition(":")
        known = (ADD if lacks else REMOVE)[kind](known, key)
    return known


def replayed(project, facts):
    """Return the project as it stands after some of its facts; what is not legal after the others did not happen."""
    state, kept = ProjectState.NEW, []
    for fact in facts:
        try:
            state = ProjectState(next_state(Machine.PROJECT, state, fact.event))
        except IllegalMoveError:
            continue
        kept.append(fact)
    gone = {fact.payload["voids"] for fact in kept if "voids" in fact.payload}
    bodies = [fact.payload for fact in kept if "ballot" in fact.payload and fact.seq not in gone]
    decisions = tuple(
        Decision(PhaseKind(body["phase"]), body["round_no"], Outcome(body["outcome"]), date.fromisoformat(body["decided_on"]))
        for body in bodies
    )
    return changed(project, state=state, facts=tuple(kept), decisions=decisions)


def _put(known, project):
    return changed(known, projects=tuple(project if other.code == project.code else other for other in known.projects))


def _no_project_fact(known, key):
    code, _, seq = key.partition("#")
    project = known.project(code)
    facts = tuple(fact for fact in project.facts if fact.seq != int(seq))
    assert len(facts) == len(project.facts) - 1, key
    return _put(known, replayed(project, facts))


def _no_cohort_fact(known, key):
    code, _, seq = key.partition("#")
    assert code == known.plan.cohort.cohort
    return changed(known, facts=tuple(fact for fact in known.facts if fact.seq != int(seq)))


def _no_sheet(known, key):
    code, phase, number, part, assessor = key.split("/")
    project = known.project(code)
    this = (phase, int(number), part, assessor)
    return _put(
        known,
        changed(project, assessments=tuple(a for a in project.assessments if (a.phase, a.round_no, a.part, a.assessor) != this)),
    )


def _no_deadline(known, key):
    this = tuple(key.split("/"))
    rows = tuple(r for r in known.deadlines if (r.phase, r.deliverable, r.subject or "*", str(r.version)) != this)
    assert len(rows) == len(known.deadlines) - 1, key
    return changed(known, deadlines=rows)


def _no_paper(known, key):
    code, _, deliverable = key.partition("/")
    project = known.project(code)
    return _put(known, changed(project, submissions={name: p for name, p in project.submissions.items() if name != deliverable}))


def _no_rectification(known, key):
    project = next(p for p in known.projects if any(order.code == key for order in p.rectifications))
    return _put(known, changed(project, rectifications=tuple(order for order in project.rectifications if order.code != key)))


def _unit(known, code, **fields):
    """The same cohort with a unit that differs, also as the owner of its projects."""
    unit = changed(known.units[code], **fields)
    projects = tuple(changed(p, unit=unit) if p.unit.code == code else p for p in known.projects)
    return changed(known, units={**known.units, code: unit}, projects=projects)


def _no_field(known, key):
    code, _, field = key.partition("/")
    return _unit(known, code, **{field: None})


def _with_field(known, key):
    code, _, field = key.partition("/")
    return _unit(known, code, **{field: True})


def _no_recognition(known, key):
    return changed(known, recognitions=tuple(row for row in known.recognitions if row.unit != key))


def _with_honour(known, key):
    day = known.plan.cohort.notice.issued_on
    return changed(known, honours=(*known.honours, Honour(key, HonourKind.COMMENDATION, Level.SCHOOL, day)))


def _with_waiver(known, key):
    code, _, rule = key.partition("/")
    project = known.project(code)
    waiver = Fact(project.seq + 1, "waive", project.facts[-1].effective_on, {"rule": rule, "reason": "由老支部合并组建"})
    return _put(known, changed(project, facts=(*project.facts, waiver)))


def _with_paper(known, key):
    code, _, deliverable = key.partition("/")
    project, day = known.project(code), known.plan.cohort.notice.issued_on
    paper = Submission(deliverable, 1, SubmissionState.COMPLETE, day, day, 1, 1)
    return _put(known, changed(project, submissions={**project.submissions, deliverable: paper}))


def _with_statement(known, code):
    project = known.project(code)
    stated = Fact(project.seq + 1, "answer_negative_list", project.facts[-1].effective_on, {"hits": [], "explained": []})
    return _put(known, changed(project, facts=(*project.facts, stated)))


REMOVE = {
    "project": _no_project_fact,
    "cohort": _no_cohort_fact,
    "assessment": _no_sheet,
    "deadline": _no_deadline,
    "submission": _no_paper,
    "rectification": _no_rectification,
    "unit": _no_field,
    "recognition": _no_recognition,
}
ADD = {"unit": _with_field, "honour": _with_honour, "waiver": _with_waiver, "statement": _with_statement, "submission": _with_paper}
