"""Playing days: the same acts, scans and deliveries, whether rehearsed, shown in a demo, or run for real by the timetable."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Protocol

from openpyxl import Workbook
from sqlalchemy.engine import Engine

from config.clock import business_day, business_instant
from config.loading import PlanError
from config.vocabulary import DutyKind, Outcome, PhaseKind
from flows.operate.scenario import Scenario, expand
from flows.steps import judging
from flows.steps.acts import perform_many
from flows.steps.advance import Stage
from flows.steps.daily import open_cohorts, open_stages, scan
from flows.steps.enclosing import enclosures
from flows.steps.errors import ActError
from flows.steps.filing import inbox
from flows.steps.handlers import next_handler_day
from flows.steps.phases import run_phase, run_rectifications
from flows.steps.waiting import next_chase
from models.business_clock import move_clock
from models.history import Act, count_events
from models.loading import cohort_row, load_calendar, load_plan, load_world
from models.rules.agenda import next_day
from models.rules.calendar import Calendar
from models.rules.duties import Duty, cached_duties, outstanding
from models.store import reading, transaction
from notifications.carrying import Carrier
from notifications.delivery import deliver
from notifications.outbox import next_mail_at

MORNING, ACTS_AT, RUNS_AT, LATE_POST = time(8, 30), time(9, 30), time(10, 0), time(11, 0)
WORKER = "player"


class Runner(Protocol):
    """How the runs of a scenario are made: plainly, or through Prefect."""

    def advance(self, kind: PhaseKind, cohort: str, on: date) -> None:
        """Run a phase."""

    def rectification(self, cohort: str, on: date) -> None:
        """Run the rectification flow."""

    def committee(self, kind: PhaseKind, cohort: str, on: date, run: Mapping[str, Any]) -> None:
        """Hold the committee's decision."""


@dataclass
class PlainRunner:
    """Runs made in this process, without Prefect."""

    engine: Engine

    def advance(self, kind: PhaseKind, cohort: str, on: date) -> None:
        """Run the steps of a phase."""
        for stage in open_stages(self.engine, on, f"command:rehearse {kind}"):
            if stage.cohort == cohort and stage.kind == kind:
                run_phase(self.engine, stage)

    def rectification(self, cohort: str, on: date) -> None:
        """Run the steps of the rectification flow."""
        run_rectifications(self.engine, cohort, Act("系统", "command:rehearse rectification", on))

    def committee(self, kind: PhaseKind, cohort: str, on: date, run: Mapping[str, Any]) -> None:
        """Make a ballot and apply what was decided on it."""
        act = Act("党委秘书", "command:rehearse committee", on)
        with transaction(self.engine) as session:
            ballot = judging.make_ballot(session, act, cohort, kind)
        if ballot is not None:
            with transaction(self.engine) as session:
                judging.apply_ballot(session, act, ballot.code, verdicts(ballot.lines, run, on))


def verdicts(lines: list[Mapping[str, Any]], run: Mapping[str, Any], on: date) -> judging.Verdicts:
    """Return the committee's decisions on a ballot: as recommended, but for what the scenario says otherwise."""
    given = {code: Outcome(value) for code, value in run.get("outcomes", {}).items()}
    outcomes = {
        line["project"]: given.get(line["project"]) or Outcome(line["outcome"])
        for line in lines
        if line["outcome"] or line["project"] in given
    }
    meeting = judging.Meeting(run["meeting"], on, run["basis"])
    return judging.Verdicts(meeting, outcomes, run.get("reasons", {}))


@dataclass
class Player:
    """Plays a database through days; its clock must be movable (a demo or a copy)."""

    engine: Engine
    carrier: Carrier
    runner: Runner
    scenario: Scenario | None = None
    assume_on_time: bool = False
    calendar: Calendar = field(default_factory=Calendar)
    on_day: Callable[[date], None] = lambda _day: None

    def play(self, first: date, last: date) -> None:
        """Play from first to last, stopping on every working day on which something can happen."""
        with reading(self.engine) as session:
            self.calendar = load_calendar(session)
        day = self.calendar.on_or_after(first)
        while day <= last:
            before = self._events()
            self.play_day(day)
            self.on_day(day)
            day = self._next_day(day, last, changed=self._events() != before)

    def _events(self) -> int:
        with reading(self.engine) as session:
            return count_events(session)

    def _next_day(self, day: date, last: date, *, changed: bool) -> date:
        """Return the next working day if the history has grown, else the next one on which anything falls due."""
        following = self.calendar.shift(day, 1)
        if changed:
            return following
        days = [told for told in (self.scenario.days if self.scenario else ()) if told > day]
        with reading(self.engine) as session:
            for code in open_cohorts(session):
                days += [found] if (found := next_day(load_world(session, code), self.calendar, day)) else []
                days += [found] if (found := next_handler_day(session, code, self.calendar, day)) else []
            days += [chase] if (chase := next_chase(session, self.calendar, day)) else []
            waiting = next_mail_at(session)
        days += [business_day(waiting)] if waiting else []
        return max(following, min(days)) if days else last + timedelta(days=1)

    def play_day(self, day: date) -> None:
        """Morning scan and post, the day's acts, the day's runs, the late post."""
        story = self.scenario.days.get(day) if self.scenario else None
        runs = story.runs if story else ()
        self._clock(day, MORNING)
        scan(self.engine, day, f"timetable:{day}", without=self._phases_of(runs, day))
        deliver(self.engine, self.carrier, WORKER, enclose=enclosures)
        self._clock(day, ACTS_AT)
        for act in story.acts if story else ():
            self._perform(act, day)
        if self.assume_on_time:
            self._on_time(day)
        self._clock(day, RUNS_AT)
        for run in runs:
            self._run(run, day)
        deliver(self.engine, self.carrier, WORKER, enclose=enclosures)
        self._clock(day, LATE_POST)
        deliver(self.engine, self.carrier, WORKER, enclose=enclosures)

    def _clock(self, day: date, at: time) -> None:
        with transaction(self.engine) as session:
            move_clock(session, business_instant(day, at))

    def _phases_of(self, runs: tuple[Mapping[str, Any], ...], day: date) -> frozenset[tuple[str, str]]:
        named = {(run["cohort"], run["advance"]) for run in runs if "advance" in run}
        stages: tuple[Stage, ...] = open_stages(self.engine, day, "") if named else ()
        return frozenset((s.cohort, s.phase) for s in stages if (s.cohort, s.kind.value) in named)

    def _perform(self, act: Mapping[str, Any], day: date) -> None:
        assert self.scenario is not None  # noqa: S101 - acts come from one
        with reading(self.engine) as session:
            cohort = act.get("cohort") or (act["projects"][0].split("-")[0] if "projects" in act else None)
            world = load_world(session, cohort) if cohort else None
        name, entries = expand(self.scenario, act, world)
        by = Act("办理人员", f"command:record {name}", day)
        if "sheet" in act:
            put_in_inbox(act["survey_file"], act["sheet"])
        if "refused" in act:
            must_be_refused(self.engine, by, name, entries, act["refused"])
        else:
            perform_many(self.engine, by, name, entries)

    def _run(self, run: Mapping[str, Any], day: date) -> None:
        if "advance" in run:
            self.runner.advance(PhaseKind(run["advance"]), run["cohort"], day)
        elif "rectification" in run:
            self.runner.rectification(run["rectification"], day)
        else:
            self.runner.committee(PhaseKind(run["committee"]), run["cohort"], day, run)

    def _on_time(self, day: date) -> None:
        """Let everyone do on the last working day what is due."""
        act = Act("推演", "command:rehearse on-time", day)
        for stage in {stage.cohort: stage for stage in open_stages(self.engine, day, "")}.values():
            with reading(self.engine) as session:
                owed = outstanding(cached_duties(load_world(session, stage.cohort), self.calendar))
            for duty in sorted(owed, key=lambda d: (d.kind != DutyKind.HAND_IN, d.deliverable != "satisfaction_survey", d.key)):
                if self.calendar.on_or_before(duty.due_on) <= day:
                    _do(self.engine, act, duty)


def _do(engine: Engine, act: Act, duty: Duty) -> None:
    fields = {"project": duty.project}
    if duty.kind == DutyKind.HAND_IN:
        perform_many(engine, act, "hand_in", [{**fields, "deliverable": duty.deliverable, "files": ["材料.docx"]}])
    elif duty.kind == DutyKind.ENDORSE and duty.state == "awaiting_endorsement":
        perform_many(engine, act, "endorse", [{**fields, "deliverable": duty.deliverable}])
    elif duty.kind == DutyKind.RECTIFY:
        perform_many(engine, act, "answer_rectification", [{**fields, "answers": ["已整改"]}])


def put_in_inbox(name: str, rows: Sequence[Sequence[Any]]) -> None:
    """Put a workbook with such rows where forms find files."""
    made = Workbook()
    for row in rows:
        made.worksheets[0].append(list(row))
    inbox().mkdir(parents=True, exist_ok=True)
    made.save(inbox() / name)


def must_be_refused(engine: Engine, act: Act, name: str, entries: list[dict[str, Any]], because: str) -> None:
    """Try what a scenario says is refused; raises PlanError if it is not, or for another reason."""
    try:
        perform_many(engine, act, name, entries)
    except ActError as refusal:
        if because not in str(refusal):
            raise PlanError(f"{act.on} 的 {name} 应因“{because}”被拒绝，实为：{refusal}；请核对场景文件") from refusal
    else:
        raise PlanError(f"{act.on} 的 {name} 应因“{because}”被拒绝，却已办理；请核对场景文件")


def span(engine: Engine, cohort: str) -> tuple[date, date]:
    """Return the first and last day of a cohort's phases."""
    with reading(engine) as session:
        plan = load_plan(cohort_row(session, cohort)).cohort
    return min(phase.opens_on for phase in plan.phases), plan.ends_on
