"""Hand-made situations for the tests of the desk."""

from datetime import UTC, date, datetime

from config.vocabulary import ProjectState
from flows.desk.links import Links
from flows.desk.situation import Person, Post, Situation
from flows.desk.view import desk_view
from models.rules.calendar import Calendar
from models.rules.office_work import OfficeWork
from models.rules.snapshot import Deadline, Submission
from tests.factories import BRANCH, changed, world

DECLARING, BUILDING = ProjectState.DRAFT, ProjectState.BUILDING
OFFICE = "示例大学党委组织部"
MUST_DECLARE = Deadline(
    "declaration", "declare", None, date(2025, 12, 5), 1, 0, date(2025, 11, 4), "declare", None, "notice", date(2025, 11, 4)
)


def paper(deliverable, state, received_on=date(2025, 11, 20), **more):
    given = {"version": 1, "endorsed_on": None, "pieces": 1, "files": 1} | more
    return Submission(deliverable, given.pop("version"), state, received_on, **given)


def handed(*papers):
    return {one.deliverable: one for one in papers}


def obliged(known):
    """The same cohort with the duty of every SO to declare."""
    return changed(known, deadlines=(*known.deadlines, MUST_DECLARE))


def situation(*projects, on=date(2025, 12, 1), cohort="2025", people=None, units=(), **more):
    """A cohort whose only units are those of the given projects and ``units``."""
    known = obliged(world(*projects, cohort=cohort, units=units))
    waiting = {name: more.pop(name) for name in ("tasks", "ballots", "answered_on", "panel") if name in more}
    more = {"work": OfficeWork(**waiting), "names": {unit.code: unit.name for unit in known.units.values()}} | more
    return Situation(on, (known,), Calendar(), people or {"S01B01": Person("张老师", "0000-111")}, **more)


def view_of(given, links=None):
    return desk_view(given, links or Links(), OFFICE)


def other(number, name):
    return changed(BRANCH, code=f"S01B{number:02d}", name=name)


def post(state, key="reminder:a"):
    return Post(key, datetime(2025, 12, 1, 1, 0, tzinfo=UTC), "云杉学院党委", "【提醒】材料", state, "550")
