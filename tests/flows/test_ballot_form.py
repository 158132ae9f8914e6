"""The committee's form: what it asks for, what it keeps of an answer that was refused, and where the sheet takes its place."""

import shutil
from datetime import date

import openpyxl
import pytest
from sqlmodel import select

from config.settings import settings
from config.vocabulary import Outcome, PhaseKind
from flows.ballot_form import NOT_LISTED, ballot_form, recorder
from flows.committee_decision import form_for
from flows.steps import ballots, judging
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from models.tables import Ballot, Decision

BY = Act("A01", "flow-run:1", date(2025, 12, 15))
PEOPLE = ("A01 工作人员1", "A02 工作人员2")
MEETING = {"meeting": "党委会2025年第20次会议", "decided_on": "2025-12-15", "basis": "会议纪要〔2025〕20号"}


@pytest.fixture
def office(evening, tmp_path, monkeypatch):
    """The first cohort on the eve of its decision, as the flows find it."""
    shutil.copy(evening(date(2025, 12, 12)), tmp_path / "creation.db")
    monkeypatch.setenv("CREATION_DATA", str(tmp_path))
    monkeypatch.setenv("CREATION_DATABASE_URL", f"sqlite:///{tmp_path / 'creation.db'}")
    settings.cache_clear()
    made = engine_for(settings().database_url)
    yield made
    made.dispose()
    settings.cache_clear()


def made(engine):
    with transaction(engine) as session:
        return judging.make_ballot(session, BY, "2023", PhaseKind.REVIEW)


def of_lines(engine, count):
    """A ballot with more lines than the cohort has projects: those beyond it are copies of the first under codes of their own."""
    with transaction(engine) as session:
        ballot = judging.make_ballot(session, BY, "2023", PhaseKind.REVIEW)
        codes = [f"2023-X{number:02}" for number in range(count - len(ballot.lines))]
        ballot.lines = [*ballot.lines, *({**ballot.lines[0], "project": code, "label": f"{code} 某单位"} for code in codes)]
        session.add(ballot)
        return ballot


def asked(form):
    return form.model_json_schema()["properties"]


def test_a_text_is_no_longer_on_the_form_than_on_record(office):
    fields = asked(ballot_form(made(office), PEOPLE))
    assert [fields[name]["maxLength"] for name in ("meeting", "basis", "reasons")] == [200, 300, 20000]


def test_an_answer_that_was_refused_is_filled_in_again_but_for_its_code(office):
    ballot = made(office)
    weak = ballots.field_name("2023-S11B01")
    last = {
        **MEETING, "decided_on": date(2025, 12, 15), "recorded_by": "A02 工作人员2", "recorder_code": "", "code": "123456",
        "reasons": "2023-S11B01 先\x0b整改", weak: "限期整改后再验收",
    }  # fmt: skip
    fields = asked(ballot_form(ballot, PEOPLE, last))
    shown = {name: fields[name].get("default") for name in last}
    assert shown == {**last, "decided_on": "2025-12-15", "code": "", "reasons": "2023-S11B01 先 整改"}
    assert fields[weak]["title"].endswith(next(line["label"] for line in ballot.lines if line["project"] == "2023-S11B01"))
    first = asked(ballot_form(ballot, PEOPLE))
    assert "default" not in first["meeting"], "the control: nothing is decided by an empty click"
    assert first[weak]["default"] != "限期整改后再验收"


def test_who_was_entered_while_the_ballot_waited_can_say_so(office):
    choice = asked(ballot_form(made(office), PEOPLE))["recorded_by"]["enum"]
    assert choice == [*PEOPLE, NOT_LISTED]
    assert recorder({"recorded_by": PEOPLE[1], "recorder_code": "A09"}) == PEOPLE[1]
    assert recorder({"recorded_by": NOT_LISTED, "recorder_code": "A09"}) == "A09"


@pytest.mark.parametrize(("count", "on_sheet"), [(ballots.FORM_MAX, False), (ballots.FORM_MAX + 1, True)])
def test_a_ballot_too_long_for_people_to_check_on_a_form_asks_for_its_sheet(office, count, on_sheet):
    ballot = of_lines(office, count)
    form = form_for(ballot, 0)
    fields = asked(form)
    assert ("sheet" in fields) is on_sheet
    assert len([name for name in fields if name.startswith("项目_")]) == (0 if on_sheet else count)
    papers = list((settings().data / "sheets").glob("*.xlsx"))
    assert [str(path) in str(form._description) for path in papers] == [True] * on_sheet


def test_the_sheet_of_a_long_ballot_is_answered_and_settled(office):
    ballot = of_lines(office, ballots.FORM_MAX + 1)
    form_for(ballot, 0)
    (paper,) = (settings().data / "sheets").glob("*.xlsx")
    book = openpyxl.load_workbook(paper)
    rows = {row[0].value: row for row in book.active.iter_rows(min_row=4)}
    assert set(rows) == {line["project"] for line in ballot.lines}
    for code, row in rows.items():
        if code.startswith("2023-X"):
            row[7].value = None
    rows["2023-S11B01"][7].value, rows["2023-S11B01"][8].value = "限期整改后再验收", "现场问题较多"
    (settings().data / "inbox").mkdir()
    book.save(settings().data / "inbox" / "表决单.xlsx")
    settled = ballots.settle(office, BY, ballot.code, 0, {**MEETING, "recorded_by": PEOPLE[0], "sheet": "表决单.xlsx"})
    assert (settled.refusal, len(settled.outcomes)) == ("", 17)
    with reading(office) as session:
        assert Outcome.DEFERRED in session.exec(select(Decision.outcome)).all()
        assert session.get(Ballot, ballot.id).refusals == []
