"""Drawing by lot: always complete, never in conflict, as even as can be, and the same for the same number."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.drawing import TooFewError, Wanted, draw

MEMBERS = ("P01", "P02", "P03", "P04", "P05")


@st.composite
def situations(draw_one):
    loads = {member: draw_one(st.integers(0, 3)) for member in MEMBERS[: draw_one(st.integers(2, 5))]}
    wanted = []
    for number in range(draw_one(st.integers(1, 6))):
        barred = draw_one(st.frozensets(st.sampled_from(MEMBERS), max_size=3))
        free = len(loads.keys() - barred)
        if free:
            wanted.append(Wanted(f"2025-S{number:02d}", draw_one(st.integers(1, free)), barred))
    return wanted, loads, draw_one(st.integers(0, 10**6))


def least_squares(wanted, loads):
    """The smallest sum of squared loads of any distribution: every reachable set of loads is followed."""
    members = sorted(loads)
    reached = {tuple(loads[m] for m in members)}
    for one in wanted:
        teams = list(combinations([m for m in members if m not in one.barred], one.number))
        reached = {tuple(load + (m in team) for m, load in zip(members, now, strict=True)) for now in reached for team in teams}
    return min(sum(load * load for load in now) for now in reached)


@given(situations())
@settings(max_examples=150, deadline=None)
def test_a_draw_is_complete_free_of_conflicts_and_as_even_as_can_be(situation):
    wanted, loads, seed = situation
    found = draw(wanted, loads, seed)
    given_out = Counter(loads)
    for one in wanted:
        team = found.chosen[one.project]
        assert len(set(team)) == len(team) == one.number
        assert not one.barred & set(team)
        given_out.update(team)
    assert dict(found.loads) == {member: given_out[member] for member in loads}
    assert sum(load * load for load in found.loads.values()) == least_squares(wanted, loads)
    assert draw(list(reversed(wanted)), dict(reversed(loads.items())), seed) == found, "the order in which things are listed is no lot"


@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_without_conflicts_loads_differ_by_at_most_one(projects, number, seed):
    found = draw([Wanted(f"2025-S{n:02d}", number) for n in range(projects)], dict.fromkeys(MEMBERS, 0), seed)
    assert max(found.loads.values()) - min(found.loads.values()) <= 1


def test_another_number_is_another_draw_and_a_known_one_stays():
    wanted = [Wanted(f"2025-S{n:02d}", 2) for n in range(8)]
    draws = {tuple(draw(wanted, dict.fromkeys(MEMBERS, 0), seed).chosen.values()) for seed in range(20)}
    assert len(draws) > 10
    known = draw(wanted[:3], dict.fromkeys(MEMBERS, 0), 20251222).chosen
    expected = {"2025-S00": ("P01", "P03"), "2025-S01": ("P02", "P04"), "2025-S02": ("P02", "P05")}
    assert known == expected, "a lot drawn in public must come out the same in every version"


def test_too_few_members_are_named_by_project():
    with pytest.raises(TooFewError) as refused:
        draw([Wanted("a", 2, frozenset({"P02"})), Wanted("b", 1)], {"P01": 0, "P02": 0}, 1)
    assert [one.project for one in refused.value.short] == ["a"]
