import re
from pathlib import Path

from config.loading import FOLDER, clauses, load_plan, read_yaml

RULES_NOW = (
    [f"R{n}" for n in range(10, 20)]
    + [f"R{n}" for n in (20, 21, 22, 24, 26, 27, 28, 29, 30, 32, *range(35, 39), 59)]
    + [f"R{n}" for n in range(40, 48)]
    + [f"R{n}" for n in range(49, 58)]
    + ["R62"]
)


def test_every_requirement_is_met_somehow_and_belongs_to_a_clause():
    met = read_yaml(FOLDER / "requirements.yaml")
    assert list(met) == [f"R{n}" for n in range(1, 69)]
    assert {r for clause in clauses().values() for r in clause.requirements} == set(met)
    assert all(re.fullmatch(r"rule|record|text|issue \d+", how["as"]) for how in met.values())
    assert [name for name in RULES_NOW if met[name]["as"] not in ("rule", "record")] == []


def test_what_a_requirement_names_exists():
    root = FOLDER.parent
    for name, how in read_yaml(FOLDER / "requirements.yaml").items():
        where = how.get("where", "")
        path, _, inside = where.partition(" (")
        if path.endswith(".py"):
            text = (root / path).read_text(encoding="utf-8")
            assert all(word.strip() in text for word in inside.rstrip(")").split(",") if inside and " " not in word.strip()), name


def test_every_rule_requirement_has_a_story():
    stories = "\n".join(
        p.read_text(encoding="utf-8")
        for p in Path(__file__).parent.iterdir()
        if p.suffix in (".py", ".yaml") and p.name != Path(__file__).name
    )
    named = set(re.findall(r"R\d+", stories))
    named |= {f"R{n}" for a, b in re.findall(r"R(\d+)–R(\d+)", stories) for n in range(int(a), int(b) + 1)}
    assert sorted(set(RULES_NOW) - named, key=lambda r: int(r[1:])) == []


def test_every_cited_clause_exists():
    for code in ("2023", "2025"):
        assert load_plan(code)
