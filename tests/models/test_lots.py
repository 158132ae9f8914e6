"""Drawing by lot (R49, P.defence, P.spot_check): a permutation, the same again from the same seed, shares of each kind."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import AwardKind
from models.rules.defence import order_of
from models.rules.lots import drawn, share
from models.rules.spot_checks import sample
from tests.factories import BRANCH, SO, changed, project

CODES = st.lists(st.text("0123456789-SB", min_size=1, max_size=12), unique=True, max_size=60)
SEEDS = st.text(min_size=1, max_size=20)


def known(benchmarks, branches):
    return [
        *(project(changed(SO, code=f"S{n:02d}")) for n in range(benchmarks)),
        *(project(changed(BRANCH, code=f"S{n:02d}B01")) for n in range(branches)),
    ]


@given(CODES, SEEDS)
def test_every_code_is_drawn_once_and_how_they_came_does_not_matter(codes, seed):
    found = drawn(codes, seed, "defence")
    assert sorted(found) == sorted(codes)
    assert found == drawn(reversed(codes), seed, "defence") == drawn([*codes, *codes], seed, "defence")


def test_a_draw_can_be_checked_by_hand():
    """The order is that of SHA-256 over purpose, seed and code, as the record says."""
    by_hand = sorted(["a", "b", "c", "d"], key=lambda code: sha256(f"defence:2026:{code}".encode()).hexdigest())
    assert list(drawn("abcd", "2026", "defence")) == by_hand == ["b", "a", "d", "c"]


def test_seeds_and_purposes_give_orders_of_their_own():
    codes = [f"2025-S{n:02d}" for n in range(30)]
    orders = {drawn(codes, f"{seed}", purpose) for seed in range(20) for purpose in ("defence", "spot_check")}
    assert len(orders) == 40


def test_the_first_lot_is_not_always_the_same_ones():
    """Of 4,000 draws of four, each comes first about a thousand times (six standard deviations either way)."""
    first = [drawn("abcd", f"{seed}", "defence")[0] for seed in range(4000)]
    assert all(836 < first.count(code) < 1164 for code in "abcd")


@given(st.integers(0, 12), st.integers(0, 30), SEEDS)
def test_kinds_kept_apart_come_one_after_the_other(benchmarks, branches, seed):
    projects = known(benchmarks, branches)
    apart, together = (order_of(projects, seed, apart=apart) for apart in (True, False))
    assert sorted(apart) == sorted(together) == sorted(p.code for p in projects)
    assert set(apart[:benchmarks]) == {p.code for p in projects if p.award_kind == AwardKind.BENCHMARK_ORG}


@given(st.integers(0, 12), st.integers(0, 30), st.integers(1, 100), SEEDS)
def test_a_sample_holds_its_share_of_each_kind_rounded_up(benchmarks, branches, percent, seed):
    projects = known(benchmarks, branches)
    chosen = sample(projects, seed, percent)
    assert chosen == sample(reversed(projects), seed, percent)
    assert len(set(chosen)) == len(chosen)
    by_kind = {kind: {p.code for p in projects if p.award_kind == kind} for kind in AwardKind}
    for codes in by_kind.values():
        taken = len(codes.intersection(chosen))
        assert taken == share(percent, len(codes))
        assert 100 * taken >= percent * len(codes) > 100 * (taken - 1) or not codes
