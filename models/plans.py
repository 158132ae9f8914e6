"""Loading a cohort's plan with every check there is."""

from pathlib import Path

from config.cohort import Plan
from config.loading import PlanError, load_plan
from models.rules.calendar import Calendar
from models.rules.plan_check import Problem, check_plan


def load_checked_plan(cohort: str | Path, calendar: Calendar | None = None) -> tuple[Plan, tuple[Problem, ...]]:
    """Return a plan and what is worth knowing about it; raises PlanError with everything that is wrong."""
    plan = load_plan(cohort)
    problems = check_plan(plan, calendar or Calendar())
    fatal = [str(problem) for problem in problems if problem.fatal]
    if fatal:
        name = plan.cohort.cohort
        raise PlanError("\n".join(f"批次 {name} → {line}" for line in fatal))
    return plan, tuple(problem for problem in problems if not problem.fatal)
