"""The acts in any order against a model in dicts that knows the requirements only (decision 0029). Both databases, from fixed seeds."""

import pytest

from flows.steps import acts, facts, papers
from tests.crash.any_order import BROKEN, in_any_order
from tests.crash.model import DONE, REFUSED
from tests.marks import IS_LONG, size

pytestmark = [pytest.mark.trust, pytest.mark.timeout(size(900, 3600))]
PARTS = size(1, 4)
"""In so many parts, which several processes share: 100,000 steps on each database in the long form."""
EXAMPLES, STEPS = size(6, 360), size(50, 100)
AT_LEAST = size(200, 25_000)
OFTEN, ACTS_TRIED = size(1, 2), 22
"""How often, at least, in each part of the long form, each of so many acts has been done; some are the end of a long way."""
EXAMPLES_AT_MOST, FAULTY_STEPS = 240, 100
"""Within so many of so many steps a planted fault is found, mostly within a dozen: which are drawn depends on the modules that are loaded, the seed apart."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)
def test_in_any_order_the_application_does_what_the_model_does(office, part, figures):
    tally = in_any_order(office, EXAMPLES, STEPS, part=part)
    done = {name[0]: number for name, number in sorted(tally.items(), key=str) if isinstance(name, tuple) and name[1] == DONE}
    figures(
        f"{office.dialect.name}: {tally['steps']} steps, {tally[DONE]} acts done, {tally[REFUSED]} refused, {tally[BROKEN]} broken off; "
        f"divergences from the model 0; done: {', '.join(f'{name} {number}' for name, number in done.items())}"
    )
    assert tally["steps"] >= AT_LEAST
    assert min(tally[DONE], tally[REFUSED], tally[BROKEN]) >= AT_LEAST // 50
    assert min(done.values(), default=0) >= OFTEN
    assert len(done) == ACTS_TRIED or not IS_LONG


FAULTS = {
    "a guard is missing": ((papers, "_refuse_wrong_time", lambda *_: None),),
    "a command is done twice": ((acts, "answered", lambda *_: None), (acts, "keep_answer", lambda *_: None)),
    "a fact is corrected twice": ((facts, "_corrected", lambda *_: ()),),
}


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(office, fault, monkeypatch):
    """Negative control: an application with one fault is another than the model."""
    for patch in FAULTS[fault]:
        monkeypatch.setattr(*patch)
    with pytest.raises(AssertionError):
        in_any_order(office, EXAMPLES_AT_MOST, FAULTY_STEPS)
