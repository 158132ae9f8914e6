"""A machine that does acts in any order, with accidents, and tells the model of each; Hypothesis chooses them.

After every step: states, event numbers and duties as in the model, nothing half done, refused what the model refuses.
"""

import pickle
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import select

from flows.steps import judging
from flows.steps.acts import perform
from flows.steps.daily import scan
from flows.steps.errors import REFUSALS
from models import history
from models.loading import load_calendar, load_world
from models.rules.duties import duties
from models.rules.lifecycle import TRANSITIONS
from models.store import reading, transaction
from models.tables import Event
from tests.crash.failing import Accident, LostError, cut, unsaved
from tests.crash.midterm import CODES, COHORT, PHASE, Records, moved_clock
from tests.crash.model import AGAIN, DONE, FIRST, PAPERS, REFUSED, Model

LEGAL = {(row.machine, row.source, row.event, row.target) for row in TRANSITIONS}
BROKEN = "broken"
PLAIN, TWICE, UNSAVED, CUT = "plain", "twice", "unsaved", "cut"
endings = st.sampled_from((PLAIN, PLAIN, PLAIN, PLAIN, TWICE, UNSAVED, CUT))
seldom = st.sampled_from((False, False, False, True))
choices = st.tuples(st.integers(0, 14), seldom)
PROJECTS = [(code,) for code in CODES]
SHEETS = [(code, paper) for code in CODES for paper in PAPERS]


class AnyOrder(RuleBasedStateMachine):
    """The application and the model, told the same."""

    records: Records
    tally: Counter

    def __init__(self):
        super().__init__()
        self.records.reset()
        self.model, self.number, self.changed = Model(CODES), 0, True
        self.corrected = {code: [1] for code in CODES}
        self.seen, self.owed = self.records.look(), None

    def step(self, ending, name, run, *given):
        """Let model and application do the same and compare their answers; after an accident nothing has happened."""
        before, expected = pickle.dumps(self.model), getattr(self.model, name)(*given)
        self.number += 1
        act = history.Act("工作人员1", f"command:test{self.number}", self.model.day, f"test{self.number}")
        with accident_of(self.records.engine, ending, self.number % 4) as accident:
            answer = attempt(run, act)
        if accident.happened:
            self.model, expected = pickle.loads(before), BROKEN  # noqa: S301 - our own
        self.changed = expected == DONE
        assert answer == (expected if expected in (REFUSED, BROKEN) else DONE), f"{name}{given}: {answer}, by the model {expected}"
        if ending == TWICE and name != "make_ballot":
            assert attempt(run, act) == answer, f"{name}{given} for the second time"
        self.tally.update(("steps", expected, (name, expected)))

    def act(self, ending, name, *given, **fields):
        self.step(ending, name, lambda act: perform(self.records.engine, act, name, **fields), *given)

    def chosen(self, name, which, options, *given):
        """Return one of several options: mostly the first that may be done, at times one that is to be refused."""
        place, wilful = which
        turned = [*options[place % len(options) :], *options[: place % len(options)]]
        known = pickle.dumps(self.model)
        may = (one for one in turned if getattr(pickle.loads(known), name)(*one, *given) == DONE)  # noqa: S301 - our own
        return turned[0] if wilful else next(may, turned[0])

    @rule(ending=endings, which=choices, days_ago=st.sampled_from((0, 0, 1, 5, -1)))
    def hand_in(self, ending, which, days_ago):
        code, paper = self.chosen("hand_in", which, SHEETS, days_ago)
        fields = {"project": code, "deliverable": paper, "files": ["材料.docx"]}
        self.act(ending, "hand_in", code, paper, days_ago, received_on=self.model.day - timedelta(days=days_ago), **fields)

    @rule(ending=endings, which=choices, name=st.sampled_from(("endorse", "endorse", "return_paper", "retract", "release")))
    def treat(self, ending, which, name):
        code, paper = self.chosen(name, which, SHEETS)
        more = {"endorse": {}, "return_paper": {"reasons": ["缺盖章页"]}}
        self.act(ending, name, code, paper, project=code, deliverable=paper, **more.get(name, {"reason": "核对"}))

    @rule(ending=endings, which=choices, days=st.integers(50, 160))
    def extend(self, ending, which, days):
        (code, paper), day = self.chosen("extend", which, SHEETS, days), self.model.day + timedelta(days=days)
        self.act(ending, "extend", code, paper, days, cohort=COHORT, subject=code, deliverable=paper, due_on=day, basis="补充通知")

    @rule(ending=endings, which=choices, name=st.sampled_from(("suspend", "resume", "resume")))
    def rest(self, ending, which, name):
        (code,) = self.chosen(name, which, PROJECTS)
        self.act(ending, name, code, project=code, reason="核对")

    @rule(ending=endings, which=choices, name=st.sampled_from(("withdraw", "terminate")), really=seldom)
    def leave(self, ending, which, name, really):
        (code,) = self.chosen(name, which, PROJECTS)
        if really:
            self.act(ending, name, code, project=code, reason="核对")

    @rule(ending=endings, which=choices, assessed=st.booleans())
    def find(self, ending, which, assessed):
        name = "assess" if assessed else "record_finding"
        (code,) = self.chosen(name, which, PROJECTS)
        marks = {"phase": PHASE, "part": "supervision", "assessor": "P01", "scores": {"process": 100}}
        self.act(ending, name, code, project=code, **(marks if assessed else {"text": "日常了解"}))

    @rule(ending=endings, place=st.integers(0, 14), again=st.booleans())
    def correct(self, ending, place, again):
        """A fact; or what has been corrected before, or the move with which a project begins."""
        known = self.corrected if again else {code: project["facts"] for code, project in self.model.projects.items()}
        most = max(map(len, known.values()))
        codes = [code for code in CODES if len(known[code]) == most]
        code = codes[place % len(codes)]
        facts = known[code] or self.corrected[code]
        seq = facts[-1 - place % len(facts)]
        self.act(ending, "correct", code, seq, project=code, seq=seq, reason="核对")
        if self.changed:
            self.corrected[code].append(seq)

    def busy(self):
        """Whether somebody is up for decision; now and then it is tried all the same."""
        return self.number % 6 == 0 or any(map(self.model.is_up, self.model.projects.values()))

    def rectifying(self):
        """Whether somebody has had to rectify; now and then it is tried all the same."""
        return self.number % 6 == 0 or any(known["rounds"] for known in self.model.projects.values())

    @precondition(busy)
    @rule(ending=endings)
    def make_ballot(self, ending):
        self.step(ending, "make_ballot", self._make_ballot)

    def _make_ballot(self, act):
        with transaction(self.records.engine) as session:
            judging.make_ballot(session, act, COHORT, PHASE)

    @precondition(lambda self: self.model.ballots)
    @rule(ending=endings, which=choices, back=st.integers(0, 3))
    def decide(self, ending, which, back):
        number = max(0, len(self.model.ballots) - 1 - back)
        given = self.chosen("decide", which, [(number, code, outcome) for code in CODES for outcome in (*FIRST[::-1], *AGAIN)])
        self.step(ending, "decide", lambda act: self._decide(act, *given), *given)

    @precondition(busy)
    @rule(ending=endings, which=choices)
    def meet(self, ending, which):
        """A ballot is made and decided on at once."""
        self.make_ballot(PLAIN)
        self.states_as_in_the_model()
        if self.changed:
            self.decide(ending, which, 0)

    def _decide(self, act, number, code, outcome):
        verdicts = judging.Verdicts(judging.Meeting("党委会", act.on, "会议纪要"), {code: outcome}, {code: "核对"})
        with transaction(self.records.engine) as session:
            judging.apply_ballot(session, act, f"{COHORT}-{PHASE}-{number + 1}", verdicts)

    @precondition(rectifying)
    @rule(
        ending=endings, which=choices, name=st.sampled_from(("answer", "answer", "verify", "verify", "verify", "reopen", "reopen", "fail"))
    )
    def rectify(self, ending, which, name):
        (code,) = self.chosen(f"{name}_rectification", which, PROJECTS)
        more = {"answer": {"answers": ["已整改"]}, "verify": {}, "reopen": {"items": [1], "note": "不足"}, "fail": {"note": "未做"}}
        self.act(ending, f"{name}_rectification", code, project=code, **more[name])

    @precondition(rectifying)
    @rule(ending=endings, which=choices, days=st.integers(0, 200))
    def extend_rectification(self, ending, which, days):
        day = self.model.day + timedelta(days=days)
        (code,) = self.chosen("extend_rectification", which, PROJECTS, day)
        self.act(ending, "extend_rectification", code, day, project=code, due_on=day, basis="批准")

    @rule(days=st.integers(1, 12))
    def clock_forward(self, days):
        self.model.forward(days)
        moved_clock(self.records.engine, self.model.day)
        self.changed = False
        self.tally.update(("steps", ("clock_forward", DONE)))

    @precondition(lambda self: self.number % 4 == 0)  # a scan costs as much as ten acts
    @rule(lost=st.integers(0, 6))
    def remind(self, lost):
        """Scan the day: broken off at some commit, it is begun anew; else it is done once more, which changes nothing."""
        engine, day, up = self.records.engine, self.model.day, {c for c, known in self.model.projects.items() if self.model.is_up(known)}
        with unsaved(engine, lost) as accident:
            attempt(lambda _: scan(engine, day, f"timetable:{day}"), None)
        found = self.records.look()
        scan(engine, day, f"timetable:{day}")
        assert accident.happened or self.records.look() == found, "the same scan again changes nothing"
        self.model.scan()
        found = self.records.look()
        for code, known in self.model.projects.items():
            known["seq"] += code in up and int(found["seq", code]) == known["seq"] + 1  # what the committee will see is on record
        self.changed = True
        self.tally.update(("steps", ("remind", BROKEN if accident.happened else DONE)))

    @invariant()
    def states_as_in_the_model(self):
        found, model = self.records.look(), self.model
        assert {name: value for (kind, name), value in found.items() if kind == "state"} == model.states()
        assert {name: int(value) for (kind, name), value in found.items() if kind == "seq"} == {
            c: p["seq"] for c, p in model.projects.items()
        }
        counted = {
            "letters": model.letters, "decision": model.decisions, "ballot": len(model.ballots),
            "assessment": sum(len(known["marks"]) for known in model.projects.values()),
            "deadline": len(PAPERS) + sum(len(days) for known in model.projects.values() for days in known["days"].values()),
        }  # fmt: skip
        assert {name: int(found["count", name]) for name in counted} == counted
        assert self.changed or found == self.seen, "what was refused, lost or repeated leaves nothing behind"
        self.seen = found

    @invariant()
    def duties_as_in_the_model(self):
        """Whenever they should have changed, and at times when they should not."""
        owed_now = self.model.duties()
        if owed_now == self.owed and self.number % 4:
            return
        self.owed = owed_now
        with reading(self.records.engine) as session:
            owed = duties(load_world(session, COHORT), load_calendar(session))
        found = {(d.project, d.deliverable or d.key.split(":")[2], str(d.kind), d.due_on, d.done) for d in owed}
        assert found == owed_now

    def teardown(self):
        """The whole history is sound, and every move in it legal."""
        with reading(self.records.engine) as session:
            assert history.verify(session) == []
            assert {(e.machine, e.source, e.event, e.target) for e in session.exec(select(Event))} <= LEGAL


def accident_of(engine, ending, after):
    if ending == UNSAVED:
        return unsaved(engine)
    return cut(engine, after) if ending == CUT else nullcontext(Accident())


def attempt(run, act):
    """Return how it ended."""
    try:
        run(act)
    except REFUSALS:
        return REFUSED
    except (LostError, sa.exc.DBAPIError):
        return BROKEN
    return DONE


def in_any_order(engine, examples, steps, phases=(Phase.generate,), part=0):
    """Run so many examples of so many steps, others in each part; returns how often what happened."""
    given = {"records": Records(engine), "tally": Counter()}
    checked = settings(
        max_examples=examples, stateful_step_count=steps, database=None, deadline=None, phases=phases,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(seed(part)(type("AnyOrder", (AnyOrder,), given)), settings=checked)
    return given["tally"]
