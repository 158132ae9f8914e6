"""A hostile template, of a letter or of a Word form, is refused or does no harm: nothing read, little time, little memory, little text."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from notifications.wording import WordingError, own, save
from tests.hostile.templates import COSTLY, REACHING

pytestmark = pytest.mark.trust
SECONDS_MAX, MEMORY_MAX_MB = 2, 400


def child(folder, mode):
    command = [sys.executable, "-m", "tests.hostile.rendering_child", str(folder), mode]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("mode", ["letter", "form"])
def test_hostile_templates_do_no_harm(tmp_path, mode, figures):
    found = child(tmp_path, mode)
    results = Counter(result for result, _ in found["results"].values())
    assert [source for source, (result, _) in found["results"].items() if result not in ("refused", "rendered")] == []
    slowest = max(seconds for _, seconds in found["results"].values())
    assert slowest <= SECONDS_MAX
    assert found["mb"] <= MEMORY_MAX_MB
    figures(
        f"{len(found['results'])} hostile templates as a {mode}: {results['refused']} refused, {results['rendered']} rendered without harm;"
        f" at most {slowest:.2f} s and {found['mb']} MB"
    )


def test_there_are_sixty_of_them():
    assert len({*REACHING, *COSTLY}) >= 60


def test_without_our_sandbox_something_gets_through(tmp_path):
    """Negative control: Jinja's own sandbox lets a text be padded to a hundred million characters."""
    found = child(tmp_path, "plain")
    assert {result for result, _ in found["results"].values()} & {"leaked", "other: MemoryError"} != set()


@pytest.mark.parametrize("source", [REACHING[0], COSTLY[0], COSTLY[27]])
def test_a_hostile_wording_is_not_saved(tmp_path, source):
    with pytest.raises(WordingError, match="没有保存，现行措辞不变"):
        save(tmp_path, "call", {"body.txt": source.encode()})
    assert own(tmp_path, "call") == {}
