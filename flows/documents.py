"""Documents made from the tables: docs/rules.md, requirements.md, glossary.md, flows/prefect.yaml; ``--check`` fails on drift."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from config.clock import BUSINESS_ZONE
from config.loading import FOLDER, clauses, load_plan, read_yaml
from config.programme import Programme
from config.vocabulary import Labelled
from flows.deployments import ALL, SCHEDULE_SLUG, WORK_POOL, entrypoint
from flows.forms.order import deployment_name
from models.rules.lifecycle import MOVES, TRANSITIONS

COHORTS = ("2023", "2025")
HEAD = "<!-- Made by `make docs`; do not edit. -->"


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a Markdown table."""
    names = list(columns)
    yield "| " + " | ".join(names) + " |"
    yield "|" + " --- |" * len(names)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
    yield ""


def rules_page() -> str:
    """Return docs/rules.md: deliverables, deadlines, ladders, conditions, rubrics, transitions."""
    plans = [load_plan(code) for code in COHORTS]
    programme = plans[0].programme
    lines = [HEAD, "# Rules", "", "Every row of the programme with its clause; clauses are in `config/clauses.yaml`.", ""]
    lines += ["## Deliverables", ""]
    kept = [(d.key, d.title, d.phase, "yes" if d.endorsed else "no", d.ladder, d.clause) for d in programme.deliverables]
    lines += table(("key", "title", "phase", "endorsed by the SO", "ladder", "clause"), kept)
    lines += ["## Deadlines", ""]
    days = [(p.cohort.cohort, d.phase, d.deliverable, d.due_on, d.clause) for p in plans for d in p.cohort.deadlines]
    lines += table(("cohort", "phase", "deliverable", "due on", "clause"), days)
    lines += ["## Ladders", ""]
    rungs = [(ladder.key, "、".join(f"{r.name} {r.mail.label}" for r in ladder.all_rungs()), ladder.clause) for ladder in programme.ladders]
    lines += table(("ladder", "rungs in working days", "clause"), rungs)
    lines += ["## Duties of the office and the panel", ""]
    own = [(r.kind, r.kind.label, r.working_days, "、".join(r.phases) or "any", r.ladder or "", r.clause) for r in programme.office_duties]
    lines += table(("duty", "label", "working days", "phases", "ladder", "clause"), own)
    lines += ["## Defence, spot checks, supervision", ""]
    ways = [(name, row) for name in ("defence", "spot_check", "supervision") if (row := getattr(programme, name)) is not None]
    told = [
        (name, "、".join(f"{key} {value}" for key, value in row.model_dump().items() if key != "clause"), row.clause) for name, row in ways
    ]
    lines += table(("part", "rule", "clause"), told)
    lines += ["## Eligibility", ""]
    conditions = [(e.requirement, e.title, "hard" if e.strict else "in principle", e.years or "", e.clause) for e in programme.eligibility]
    lines += table(("requirement", "condition", "kind", "years", "clause"), conditions)
    lines += _screening(programme)
    lines += ["## Rubrics", ""]
    parts = [(r.key, p.title, p.weight, p.assessors_min, p.scored_by, p.clause) for r in programme.rubrics for p in r.parts]
    methods = [
        (r.key, r.method, "、".join(f"{t.by} {t.key or 'in order'} ({t.clause})" for t in r.ties) or "code") for r in programme.rubrics
    ]
    lines += table(("rubric", "method", "equal totals by"), methods)
    lines += table(("rubric", "part", "weight", "assessors", "scored by", "clause"), parts)
    grades = [(r.key, g.outcome.label, g.at_least, g.clause) for r in programme.rubrics for g in (*r.grades, *r.re_grades)]
    lines += table(("rubric", "outcome", "from points", "clause"), grades)
    lines += ["## Transitions", "", f"{len(TRANSITIONS)} legal rows; those that move a state:", ""]
    lines += table(("machine", "from", "event", "to", "clause"), [(m.machine.value, m.source, m.event, m.target, m.clause) for m in MOVES])
    return "\n".join(lines)


def _screening(programme: Programme) -> Iterator[str]:
    """Yield what units assess of themselves, the negative list, and what papers are looked at for."""
    yield from ("## Standards, item by item", "")
    items = [(row.title, item.title, item.about, row.clause) for row in programme.standards for item in row.items]
    yield from table(("standard", "item", "about", "clause"), items)
    yield from ("## Negative list", "")
    yield from table(
        ("key", "item", "consequence", "clause"), [(n.key, n.text, n.consequence.label, n.clause) for n in programme.negative_list]
    )
    yield from ("## Papers on arrival", "")
    looked = [
        (c.deliverable, "、".join(c.formats), c.chars_max or "", "、".join(s.title for s in c.sections), "yes" if c.seal else "", c.clause)
        for c in programme.paper_checks
    ]
    yield from table(("deliverable", "formats", "characters at most", "headings", "seal page", "clause"), looked)


def requirements_page() -> str:
    """Return docs/requirements.md: every requirement with how it is met, and the clause it comes from."""
    met: Mapping[str, Mapping[str, str]] = read_yaml(FOLDER / "requirements.yaml")
    cited = {r: (key, clause.text) for key, clause in clauses().items() for r in clause.requirements}
    rows = [(name, *cited.get(name, ("", "")), how["as"], how.get("where", "")) for name, how in met.items()]
    return "\n".join([HEAD, "# Requirements", "", *table(("requirement", "clause", "in short", "met as", "where"), rows)])


NOUNS = (
    ("批次", "Cohort", "models/tables/programme.py"), ("创建项目", "Project", "models/tables/programme.py"),
    ("材料", "DeliverableRule", "config/programme.py"), ("时限", "Deadline", "models/tables/programme.py"),
    ("报送材料", "Submission", "models/tables/programme.py"), ("党组织", "Unit", "models/tables/organisation.py"),
    ("联系人", "Contact", "models/tables/organisation.py"), ("任务（应办事项）", "Duty", "models/rules/duties.py"),
    ("提醒阶梯", "Ladder", "config/programme.py"), ("一档提醒", "Rung", "config/programme.py"),
    ("计划信件的一行", "Reminder", "models/tables/post.py"), ("邮件", "Mail", "models/tables/post.py"),
    ("评分", "Assessment", "models/tables/judgement.py"), ("表决单", "Ballot", "models/tables/judgement.py"),
    ("党委决定", "Decision", "models/tables/judgement.py"), ("限期整改", "Rectification", "models/tables/judgement.py"),
    ("历史记录", "Event", "models/tables/history.py"), ("待办", "Task", "models/tables/post.py"),
    ("事项（一次登记）", "Act", "models/history.py"), ("快照", "World", "models/rules/snapshot.py"),
    ("推演", "rehearse", "flows/operate/rehearse.py"), ("日程", "agenda", "models/rules/agenda.py"),
    ("部内应办事项", "OfficeDuty", "models/rules/office_duties.py"), ("工作清单", "digest", "models/rules/digest.py"),
)  # fmt: skip


def glossary_page() -> str:
    """Return docs/glossary.md: nouns, and every closed set of words with its labels."""
    lines = [HEAD, "# Glossary", "", "One word per concept.", ""]
    lines += table(("Chinese", "identifier", "where"), NOUNS)
    for kind in sorted(Labelled.__subclasses__(), key=lambda one: one.__name__):
        lines += [f"## {kind.__name__}", "", (kind.__doc__ or "").strip(), ""]
        lines += table(("Chinese", "value"), [(member.label, member.value) for member in kind])
    return "\n".join(lines)


def pools_page() -> str:
    """Return flows/prefect.yaml: every deployment for a work pool, from the list that one box serves."""
    rows = []
    for row in ALL:
        name = deployment_name(row.flow.name)
        told: dict[str, Any] = {"name": name, "description": row.description, "tags": list(row.tags), "entrypoint": entrypoint(row)}
        if row.schedule:
            told["schedules"] = [{"cron": row.schedule, "timezone": BUSINESS_ZONE.key, "slug": SCHEDULE_SLUG}]
        rows.append({**told, "work_pool": {"name": WORK_POOL, "job_variables": {"working_dir": "."}}})
    listed = {"prefect-version": "3", "pull": [], "deployments": rows}
    return f"{POOLS_HEAD}\n{yaml.safe_dump(listed, allow_unicode=True, sort_keys=False, width=200)}"


POOLS_HEAD = """# Made by `make docs`; do not edit. Every deployment for a work pool; workers start in the checkout, where the modules are.
# No pull step: the code is the checkout that each worker stands in."""


ROOT = FOLDER.parent
PAGES = {
    ROOT / "docs" / "rules.md": rules_page,
    ROOT / "docs" / "requirements.md": requirements_page,
    ROOT / "docs" / "glossary.md": glossary_page,
    ROOT / "flows" / "prefect.yaml": pools_page,
}


def main() -> int:
    """Write the pages, or with ``--check`` say which have drifted."""
    drifted = []
    for path, page in PAGES.items():
        text = page()
        if "--check" in sys.argv:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                drifted.append(str(path.relative_to(ROOT)))
        else:
            path.write_text(text, encoding="utf-8")
    if drifted:
        print(f"drifted: {', '.join(drifted)}; run `make docs`")  # noqa: T201 - a command's answer
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main())
