"""`creation why` held to its word: without the very fact that it names, what the rules come to is another thing; without others it is not."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from config.vocabulary import PhaseKind, ProjectState, SubmissionState
from flows.steps.advance import Stage
from flows.steps.declaring import blocking
from flows.steps.phases import event_when_all_in
from flows.why.explaining import explain
from flows.why.link import Answer, Deciding
from flows.why.moves import moves
from models.database import engine_for
from models.history import Act
from models.loading import load_calendar, load_world
from models.office_work import panellists
from models.rules.calendar import Calendar
from models.rules.defence import number_of
from models.rules.duties import cached_duties
from models.rules.eligibility import check_declared
from models.rules.lifecycle import FINAL
from models.rules.office_work import Tie
from models.rules.publicity import pending, proposals
from models.rules.recusal import ground, refusal
from models.rules.reminders import ladder_lines
from models.rules.scoring import part_score
from models.rules.spot_checks import choice, is_left_out
from models.store import reading
from models.tables import Person
from tests.conftest import EVENINGS
from tests.counterfactual import replayed, without
from tests.factories import changed, fact, project, world
from tests.marks import LONG, size

CALENDAR = Calendar()
PUBLIC = frozenset({"propose_decision", "record_objection", "answer_objection", "withdraw_proposal"})


@dataclass(frozen=True)
class Case:
    """One deciding fact that `why` has named about a project on a day."""

    on: date
    world: Any
    project: str
    deciding: Deciding
    named: frozenset[str]
    """All records that the chain of the project names, this one and others."""


def worlds_of(path):
    engine = engine_for(f"sqlite:///{path}")
    with reading(engine) as session:
        found = [load_world(session, code) for code in ("2023", "2025")]
        assert load_calendar(session) == CALENDAR
    engine.dispose()
    return found


def cases_of(known, on):
    """Every deciding fact that is named about any project of a cohort."""
    for one in known.projects:
        chain = [d for link in explain(known, CALENDAR, one.code, on, {}) if (d := link.deciding) and d.answer != Answer.CONFLICT]
        named = frozenset(record for deciding in chain for record in deciding.records)
        yield from (Case(on, known, one.code, deciding, named) for deciding in chain)


def state(known, one, of):
    del known, of
    return one.state, one.decisions


def condition(known, one, of):
    return {check.key: check.verdict for check in blocking(known, check_declared(known, one.code))}.get(of)


def score(known, one, of):
    phase, number, key = of.split("/")
    rubric = known.plan.programme.rubric(PhaseKind(phase), one.award_kind)
    part = next(part for part in rubric.parts if part.key == key)
    return part_score(part, [a for a in one.assessments if (a.phase, a.round_no) == (phase, int(number))], rubric.method)


def publicity(known, one, of):
    del known
    found = next((row for row in proposals(one) if row.seq == int(of)), None)
    return found and (found.is_final, found.ended_by is None, pending(one) is not None)


def sample(known, one, of):
    del of
    return choice(known, one, PhaseKind.MID_TERM) is not None, is_left_out(known, one, PhaseKind.MID_TERM, 0)


def lot(known, one, of):
    del of
    return number_of(known, one.code)


def reminder(known, one, of):
    del one
    duty = next((duty for duty in cached_duties(known, CALENDAR) if duty.key == of), None)
    return duty and [(line.key, line.planned_on) for line in ladder_lines(known, CALENDAR, duty)]


def silence(known, one, of):
    del of
    return {duty.key: duty.done for duty in cached_duties(known, CALENDAR) if duty.project == one.code}


OUTCOMES = {
    Answer.STATE: state,
    Answer.GRADE: state,
    Answer.CONDITION: condition,
    Answer.SCORE: score,
    Answer.PUBLICITY: publicity,
    Answer.SAMPLE: sample,
    Answer.LOT: lot,
    Answer.REMINDER: reminder,
    Answer.SILENCE: silence,
}


def outcome(case, known):
    """What the rules come to about the question that the fact is said to settle; nothing here asks `why`."""
    return OUTCOMES[case.deciding.answer](known, known.project(case.project), case.deciding.of)


def decides(case):
    """Whether the outcome is another one without what is said to decide it."""
    return outcome(case, without(case.world, case.deciding.records, lacks=case.deciding.lacks)) != outcome(case, case.world)


def beside(case, random):
    """Other records than those named, of every kind that there are: a fact of the project, a deadline, a sheet of another part."""
    one, (answer, of) = case.world.project(case.project), (case.deciding.answer, case.deciding.of)
    moving = {move.fact.seq for move in moves(one)} | {
        known.seq for known in one.facts if answer == Answer.PUBLICITY and known.event in PUBLIC
    }
    facts = [f"project:{one.code}#{known.seq}" for known in one.facts if known.seq not in moving]
    rows = [row for row in case.world.deadlines if answer != Answer.SILENCE and f":{row.phase}:{row.deliverable}:" not in f":{of}"]
    deadlines = [f"deadline:{row.phase}/{row.deliverable}/{row.subject or '*'}/{row.version}" for row in rows]
    sheets = [f"assessment:{one.code}/{a.phase}/{a.round_no}/{a.part}/{a.assessor}" for a in one.assessments]
    kinds = [facts, deadlines, [sheet for sheet in sheets if f"/{of}/" not in sheet or not of]]
    free = [[record for record in kind if record not in case.named] for kind in kinds]
    return tuple(random.choice(kind) for kind in free if kind)


def examine(cases, number, random):
    """Try so many cases, of every kind of answer alike; returns kinds tried, and how many other records were taken away."""
    by_answer = defaultdict(list)
    for case in cases:
        by_answer[case.deciding.answer].append(case)
    tried, others = Counter(), 0
    queues = {answer: random.sample(found, len(found)) for answer, found in by_answer.items()}
    while sum(tried.values()) < number and any(queues.values()):
        for answer, queue in queues.items():
            if queue:
                case, tried[answer] = queue.pop(), tried[answer] + 1
                assert decides(case), f"{case.project} {case.on}: without {case.deciding} it is the same"
                other = beside(case, random)
                others += len(other)
                assert outcome(case, without(case.world, other)) == outcome(case, case.world), f"{case.project}: {other} decides as well"
    return tried, others


@pytest.fixture(scope="module")
def evenings(evening):
    """Day → both cohorts as they stood."""
    return {day: worlds_of(evening(day)) for day in EVENINGS[1:]}


def test_a_project_played_again_from_all_its_facts_is_the_same(evenings):
    """Control of the means: where nothing is taken away, nothing changes."""
    for known in evenings[EVENINGS[-1]]:
        for one in known.projects:
            assert replayed(one, one.facts) == one


@pytest.mark.trust
def test_without_the_named_fact_the_outcome_is_another(evenings, figures, request):
    story = {date(2027, 12, 31): worlds_of(request.getfixturevalue("whole_story"))} if size(False, True) else {}
    cases = [case for on, found in (evenings | story).items() for known in found for case in cases_of(known, on)]
    tried, others = examine(cases, size(72, 4000), Random(20251230))
    assert set(tried) == set(Answer) - {Answer.CONFLICT} - size({Answer.LOT, Answer.SAMPLE, Answer.GRADE}, set())
    assert others > sum(tried.values())
    told = "、".join(f"{answer} {number}" for answer, number in sorted(tried.items()))
    figures(
        f"why: {sum(tried.values())} of {len(cases)} deciding facts taken away, each changed its outcome ({told}); {others} others, none"
    )


def test_a_fact_that_is_named_wrongly_is_found_out(evenings):
    """Negative control of the proof: the same cases, each with a fact beside the deciding one, do not pass."""
    random = Random(7)
    cases = [case for case in cases_of(evenings[EVENINGS[-1]][1], EVENINGS[-1]) if case.deciding.answer == Answer.STATE][:10]
    for case in cases:
        wrong = Deciding(Answer.STATE, beside(case, random)[:1], case.deciding.of)
        assert not decides(Case(case.on, case.world, case.project, wrong, case.named))


def check_named(known, on):
    """Every project that has left names what brought it there; every one that was refused, each condition that stands against it."""
    for one in (one for one in known.projects if one.state in FINAL):
        chain = [link.deciding for link in explain(known, CALENDAR, one.code, on, {}) if link.deciding]
        assert sum(deciding.answer == Answer.STATE for deciding in chain) == 1, one.code
        if one.state == ProjectState.INELIGIBLE:
            conditions = [deciding.of for deciding in chain if deciding.answer == Answer.CONDITION]
            assert conditions == [check.key for check in blocking(known, check_declared(known, one.code))], one.code
            assert conditions, one.code
        yield one.state


def test_every_end_and_refusal_of_the_first_weeks_names_its_fact(evenings):
    states = Counter(state for known in evenings[EVENINGS[-1]] for state in check_named(known, EVENINGS[-1]))
    assert states[ProjectState.INELIGIBLE] == 9
    assert set(states) == {ProjectState.ACCEPTED, ProjectState.INELIGIBLE, ProjectState.NOT_SELECTED, ProjectState.WITHDRAWN}


@LONG
@pytest.mark.trust
def test_every_end_and_refusal_of_the_whole_demo_names_its_fact(whole_story, figures):
    on = date(2027, 12, 31)
    states = Counter(state for known in worlds_of(whole_story) for state in check_named(known, on))
    assert set(states) == {*FINAL} - {ProjectState.NOT_ACCEPTED}
    figures("why names a deciding fact for every end of the demo: " + "、".join(f"{state} {n}" for state, n in sorted(states.items())))


@pytest.mark.parametrize(("assessor", "project_code"), [("P05", "2025-S08"), ("P06", "2025-S05"), ("P24", "2025-S22B03")])
def test_a_refused_conflict_rests_on_the_record_it_names(evening, assessor, project_code):
    """Without that tie, or that home, the same member could assess; without another tie of theirs they could not."""
    engine = engine_for(f"sqlite:///{evening(EVENINGS[-1])}")
    with reading(engine) as session:
        (member,) = panellists(session, session.exec(select(Person).where(Person.code == assessor)).all())
    engine.dispose()
    unit = worlds_of(evening(EVENINGS[-1]))[1].project(project_code).unit
    kind, _, key = refusal(member, project_code, unit)["record"].partition(":")
    other = Tie("S30", "西窗学院党委", None, "亲属")
    tied = changed(member, ties=(*member.ties, other))
    free = changed(tied, ties=tuple(tie for tie in tied.ties if f"{assessor}/{tie.unit}" != key))
    freed = free if kind == "tie" else changed(tied, home=None, home_so=None)
    assert ground(freed, unit) == ""
    assert ground(tied, unit) == ground(member, unit) != "", "negative control: one tie more or less, to another unit"


def test_a_declaration_that_lapsed_names_what_never_came():
    """All that is missing decides together: with it the same day would have declared the project."""
    papers = (fact("create", 1), fact("lapse", 2, date(2026, 1, 4), phase="declaration"))
    known = world(project(state=ProjectState.WITHDRAWN, facts=papers))
    one = changed(known.projects[0], facts=papers)
    known = changed(known, projects=(one,))
    known = without(known, ("submission:2025-S01B01/evidence",), lacks=True)
    (deciding,) = {link.deciding for link in explain(known, CALENDAR, one.code, date(2026, 1, 4), {}) if link.deciding and link.depth == 2}
    assert deciding.records == ("submission:2025-S01B01/declaration_form",)
    stage = Stage("2025", "declaration", PhaseKind.DECLARATION, date(2026, 1, 4), Act("A01", "command:test", date(2026, 1, 4)))

    def follows(papers_in):
        given = papers_in.project(one.code)
        return event_when_all_in(papers_in, replayed(given, [f for f in given.facts if f.event == "create"]), stage)

    assert follows(known) == "lapse"
    assert follows(without(known, deciding.records, lacks=True)) == "declare"
    assert SubmissionState.COMPLETE in {paper.state for paper in known.projects[0].submissions.values()}
