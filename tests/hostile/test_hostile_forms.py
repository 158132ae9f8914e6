"""What is typed into a form is text: template syntax is kept as it was typed, what no database can hold is refused before anything moves."""

import pytest
from sqlmodel import select

from flows.steps.acts import perform, perform_many
from flows.steps.errors import REFUSALS
from models.history import count_events, verify
from models.store import reading
from models.tables import Contact, Event, Project
from tests.marks import size

pytestmark = pytest.mark.trust
BRACES = (
    "{{ 7*7 }}",
    "{{ prefect.variables.x }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{# x #}",
    "${7*7}",
    "=1+1",
    "'; DROP TABLE unit; --",
    "%s%n",
    "<b>x</b>",
)
FORMS = (
    ("change_contact", {"unit": "S01", "role": "contact", "email": "a@university.example"}, "name", 60),
    ("change_contact", {"unit": "S01", "role": "contact", "email": "a@university.example", "name": "张三"}, "phone", 40),
    ("declare_project", {"cohort": "2025", "unit": "S05"}, "title", 200),
    ("suspend", {"project": "2023-S01"}, "reason", 20_000),
    ("withdraw", {"project": "2023-S01"}, "reason", 20_000),
    ("exempt", {"cohort": "2025", "unit": "S05"}, "reason", 20_000),
    ("record_promotion", {"project": "2023-S01"}, "text", 20_000),
    ("record_publicity", {"project": "2023-S01", "channel": "校园网"}, "title", 20_000),
    ("record_publicity", {"project": "2023-S01", "title": "介绍"}, "channel", 20_000),
)  # fmt: skip
"""An act, what else it needs, the text that is hostile, and how many characters of it are kept."""
REFUSED = ("a\0b", "a\x1bb", "\u202e文", "a\u2028b", "\ud800", "a\x85b")


def counted(engine):
    with reading(engine) as session:
        return count_events(session)


@pytest.mark.parametrize(("act_name", "fields", "name", "most"), FORMS, ids=[f"{form[0]}-{form[2]}" for form in FORMS])
def test_template_syntax_is_kept_as_it_was_typed(engine, act, act_name, fields, name, most):
    for text in BRACES[: size(3, len(BRACES))]:
        before = counted(engine)
        perform(engine, act, act_name, **fields, **{name: text})
        assert counted(engine) > before
        with reading(engine) as session:
            rows = [*session.exec(select(Event)), *session.exec(select(Contact)), *session.exec(select(Project))]
            assert any(text in str(row.model_dump()) or repr(text)[1:-1] in str(row.model_dump()) for row in rows)
            assert "49" not in [str(getattr(row, name, "")) for row in rows]
        if act_name in ("declare_project", "suspend", "withdraw", "exempt"):
            break  # once is all that is legal


@pytest.mark.parametrize(("act_name", "fields", "name", "most"), FORMS, ids=[f"{form[0]}-{form[2]}" for form in FORMS])
def test_what_no_database_can_hold_is_refused_and_nothing_moves(engine, act, act_name, fields, name, most):
    before = counted(engine)
    for text in (*REFUSED, "长" * (most + 1)):
        with pytest.raises(REFUSALS, match="请"):
            perform(engine, act, act_name, **fields, **{name: text})
    assert counted(engine) == before
    with reading(engine) as session:
        assert verify(session) == []


def test_one_refused_text_among_many_undoes_all(engine, act):
    before = counted(engine)
    entries = [{"project": "2023-S01", "text": "好"}, {"project": "2023-S02", "text": "a\0b"}]
    with pytest.raises(REFUSALS):
        perform_many(engine, act, "record_promotion", entries)
    assert counted(engine) == before


def test_without_the_look_a_text_would_break_the_database(engine, act, monkeypatch):
    """Negative control: half a character fails in the middle of the act, with an error that tells nobody anything."""
    monkeypatch.setattr("models.history.refuse_flawed", lambda _: None)
    with pytest.raises(UnicodeEncodeError):
        perform(engine, act, "record_promotion", project="2023-S01", text="\ud800")
