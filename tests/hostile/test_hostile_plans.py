"""A spoilt programme, cohort or scenario file is loaded or refused with its name and the place; nothing else ever comes out."""

import shutil
import time
from collections import Counter
from random import Random

import pytest
import yaml

from config.loading import FOLDER, PlanError, load_plan, read_yaml
from flows.operate.scenario import load_scenario
from models.plans import load_checked_plan
from tests.hostile.plans import spoilt
from tests.marks import size

pytestmark = pytest.mark.trust
NUMBER, PARTS = size(150, 20_000), size(1, 4)
"""How many files are spoilt, and in how many parts, so that several processes share them."""
SECONDS_MAX, LINE_MAX = 10, 5000
COHORTS, PROGRAMME, STORY = ("cohorts/2023.yaml", "cohorts/2025.yaml"), "programmes/yirong_shuanggao.yaml", "samples/demo.yaml"
LOADERS = {
    **dict.fromkeys(COHORTS, load_checked_plan),
    STORY: load_scenario,
    PROGRAMME: lambda path: load_plan(path.parents[1] / COHORTS[0]),
}
OFTEN = (*COHORTS * 4, PROGRAMME, STORY)
"""The large files cost ten times as much."""


@pytest.fixture
def files(tmp_path):
    """A copy of the shipped files that a test may spoil."""
    for name in ("programmes", "cohorts", "samples"):
        shutil.copytree(FOLDER / name, tmp_path / name)
    return tmp_path


def tried(files, number, load=None):
    """Spoil one file, load it, mend it: what came of it, and how long it took."""
    random = Random(number)
    name = random.choice(OFTEN)
    path = files / name
    whole = path.read_text(encoding="utf-8")
    path.write_text(spoilt(random, whole), encoding="utf-8", errors="surrogatepass")
    begun = time.process_time()
    try:
        (load or LOADERS[name])(path)
        result = "loaded"
    except PlanError as refusal:
        result = "refused" if _tells_place(str(refusal)) else f"vague: {str(refusal)[:80]}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        result = f"other: {type(error).__name__}"
    path.write_text(whole, encoding="utf-8")
    return result, time.process_time() - begun


def _tells_place(told):
    """Every line names the file, or the cohort whose plan does not fit together, and what is wrong behind a colon."""
    lines = told.splitlines()
    return max(map(len, lines)) <= LINE_MAX and "：" in lines[0] and (".yaml" in told or "批次" in told)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_spoilt_files_are_loaded_or_refused_with_their_place(files, part, figures):
    numbers = range(part, NUMBER, PARTS)
    results = [tried(files, number) for number in numbers]
    found, slowest = Counter(result for result, _ in results), max(seconds for _, seconds in results)
    assert set(found) == {"loaded", "refused"}
    assert slowest <= SECONDS_MAX
    figures(
        f"{len(numbers)} spoilt files: {found['refused']} refused with their place, {found['loaded']} loaded, nothing else; at most {slowest:.1f} s"
    )


def test_a_plain_loader_would_have_let_something_through(files):
    """Negative control: the standard safe loader on the same files."""
    found = Counter(tried(files, number, lambda path: yaml.safe_load(path.read_text(encoding="utf-8")))[0] for number in range(60))
    assert [what for what in found if what.startswith("other")] != []


TRAPS = {
    "an alias": ("a: &x 1\nb: *x", "第 1 行：不允许使用锚点"),
    "a tag": ("a: !!python/object/apply:os.system [x]", "第 1 行：不允许使用标签"),
    "a key twice": ("a: 1\nb: 2\na: 3", "第 3 行：键 a 重复"),
    "three thousand brackets": ("a: " + "[" * 3000, "第 1 行：多于 30 层"),
    "three thousand dashes": ("a:\n  " + "- " * 3000, "第 2 行：多于 30 层"),
    "no such day": ("a: 1\nb: 2025-02-30", "第 2 行：'2025-02-30' 不是存在的日期或数"),
    "a number of 5,000 digits": ("a: " + "9" * 5000, "第 1 行：'999"),
    "no such character": ('a: "\\U00110000"', "第 1 行：含有无法识别的转义"),
    "a control character": ("a: 1\nb: \x07", "第 2 行：含有不允许的字符"),
    "an open bracket": ("a: 1\nb: [1", "第 2 行：不是正确的 YAML"),
    "another encoding": ("a: 中文".encode("gb18030"), "不是 UTF-8 编码"),
    "300 KB": ("#" * 300_000, "超过 256 KB"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_refused_with_its_line_at_once(tmp_path, name):
    content, told = TRAPS[name]
    path = tmp_path / "a.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    begun = time.process_time()
    with pytest.raises(PlanError, match=told) as refused:
        read_yaml(path)
    assert str(refused.value).startswith("a.yaml：")
    assert time.process_time() - begun < 1
