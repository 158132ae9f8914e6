"""The command line: what people type, what they read, what scripts get."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from config.clock import now
from flows.commands.base import console
from flows.steps.acts import perform
from models.business_clock import ClockError, move_clock
from models.history import Act
from models.store import transaction
from models.tables import Setting

LINE = {"on", "what", "mail", "kind", "project", "unit", "phase", "deliverable", "rung", "recipient", "event", "from", "to", "clause"}
DUTY = {
    "project",
    "unit",
    "phase",
    "deliverable",
    "duty",
    "deadline",
    "days_left",
    "owed_by",
    "clause",
    "owed_by_kind",
    "owed_to",
    "owed_to_kind",
    "late_since",
    "since",
    "persons",
    "title",
}


def read(answer):
    code, text = answer
    assert code == 0, text
    return json.loads(text)


def test_duties_tell_who_owes_what_in_the_agreed_form(creation):
    rows = read(creation("duties", "2023", "--on", "2025-11-18", "--json"))
    assert all(set(row) == DUTY for row in rows)
    late = [row for row in rows if row["days_left"] < 0]
    assert {row["deliverable"] for row in late} == {"self_check_form", "satisfaction_survey"}
    assert {row["phase"] for row in rows} == {"self_check", "summary"}
    endorsed = next(row for row in rows if row["duty"] == "endorse")
    assert (endorsed["unit"], endorsed["owed_by"]) == ("S04B01", "S04")


def test_a_rehearsal_is_a_list_by_day_and_touches_nothing(creation, engine):
    before = Path(engine.url.database).read_bytes()
    rows = read(creation("rehearse", "2023", "--until", "2025-11-10", "--json"))
    assert all(set(row) == LINE for row in rows)
    assert [row["on"] for row in rows] == sorted(row["on"] for row in rows)
    assert {row["what"] for row in rows} == {"mail"}
    assert {row["kind"] for row in rows if row["on"] == "2025-11-04"} == {"call"}
    assert Path(engine.url.database).read_bytes() == before


def test_a_rehearsal_names_the_days_on_which_the_account_is_too_small(creation, monkeypatch):
    words = ("rehearse", "2023", "--until", "2025-11-04")
    monkeypatch.setenv("CREATION_MAIL_PER_DAY", "40")
    code, text = creation(*words)
    assert code == 0
    [number] = re.findall(r"注意 2025-11-04 有 (\d+) 封，超过邮箱每日上限 40 封", text.replace("\n", ""))
    monkeypatch.setenv("CREATION_MAIL_PER_DAY", number)
    assert "上限" not in creation(*words)[1]
    monkeypatch.setenv("CREATION_MAIL_PER_HOUR", str(int(number) - 1))
    assert f"有 {number} 封，超过邮箱每小时上限 {int(number) - 1} 封，约需 2 小时发完" in creation(*words)[1].replace("\n", "")


def test_a_rehearsal_in_which_all_are_on_time_has_no_overdue_mail(creation):
    rows = read(creation("rehearse", "2023", "--until", "2025-11-28", "--assume", "on-time", "--json"))
    kinds = {row["kind"] for row in rows if row["what"] == "mail"}
    assert "overdue" not in kinds
    assert "receipt" in kinds
    assert any(row["event"] == "enter_acceptance" for row in rows)
    assert "overdue" in {row["kind"] for row in read(creation("rehearse", "2023", "--until", "2025-11-28", "--json"))}


@pytest.mark.parametrize("words", [("status", "2023"), ("history", "2023-S01"), ("verify",), ("duties", "2025")])
def test_every_reading_command_answers_in_json_and_in_chinese(creation, words):
    assert read(creation(*words, "--json")) is not None
    code, text = creation(*words)
    assert code == 0
    assert any("\u4e00" <= letter <= "\u9fff" for letter in text)


REFUSED = [
    (("status", "2099"), "没有批次“2099”；已建立：2023、2025"),
    (("open", "2099"), "没有这个文件"),
    (("advance", "2023", "mid_term"), "没有“管理考核”阶段"),
    (("advance", "2023", "self_check", "--on", "2026-01-01"), "晚于今天"),
    (("record", "hand_in", "project=2023-S99", "deliverable=typical_case"), "没有编号为“2023-S99”的项目"),
    (("record", "hand_in", "project=2023-S01", "deliverable=novel"), "没有材料“novel”；可用："),
    (("record", "hand_in", "project=2023-S01", "deliverable=typical_case", "pieces=两份"), "份数："),
    (("record", "sing"), "没有事项“sing”；可用："),
    (("record", "hand_in", "project"), "不是 字段=值 的形式"),
    (("extend", "2023", "2023-S01", "typical_case", "2025-11-22", "批示"), "新时间与原定时间相同"),
]


@pytest.mark.parametrize(("words", "told"), REFUSED, ids=[" ".join(row[0])[:40] for row in REFUSED])
def test_a_wrong_command_is_told_in_one_sentence_and_changes_nothing(creation, engine, words, told):
    before = Path(engine.url.database).read_bytes()
    code, text = creation(*words)
    assert code == 2
    assert told in text.replace("\n", "")
    assert "Traceback" not in text
    assert Path(engine.url.database).read_bytes() == before


def test_a_database_not_made_yet_is_told(creation, tmp_path):
    code, text = creation("status", "2023", url=f"sqlite:///{tmp_path / 'new.db'}")
    assert (code, "creation db upgrade" in text) == (2, True)


def test_from_nothing_to_an_open_cohort(creation, tmp_path):
    url = f"sqlite:///{tmp_path / 'fresh' / 'office.db'}"
    assert creation("db", "upgrade", url=url)[0] == 0
    code, text = creation("open", "2023", url=url)
    assert code == 0
    assert "标杆二级党组织：通知公布 3 个，登记 0 个" in text
    assert "早已建立" in creation("open", "2023", url=url)[1]


def test_opening_knows_the_working_days_that_the_office_has_marked(creation):
    saturday = "截止日 2025-11-22 不是工作日"
    assert saturday in creation("open", "2023")[1]
    assert creation("record", "set_day", "day=2025-11-22", "working=true", "basis=校历调整")[0] == 0
    code, text = creation("open", "2023")
    assert (code, saturday in text) == (0, False)


def test_a_record_is_made_and_seen(creation, monkeypatch):
    assert creation("record", "hand_in", "project=2023-S01", "deliverable=typical_case", 'files=["案例.docx"]', "--by", "A02")[0] == 0
    entry = read(creation("history", "2023-S01", "--json"))[-1]
    assert (entry["event"], entry["actor"], entry["origin"]) == ("hand_in", "A02", "command:record hand_in")
    monkeypatch.setattr(console, "width", 200)
    (line,) = [line for line in creation("history", "2023-S01")[1].splitlines() if "hand_in" in line]
    assert "A02 工作人员2" in line, "on the screen with the name"


def test_the_demo_can_be_loaded_only(creation, tmp_path):
    folder = tmp_path / "demo"
    code, text = creation("demo", "--load-only", "--folder", str(folder), url="")
    assert (code, "样例已装入" in text) == (0, True)
    assert len(read(creation("status", "2023", "--json", url=f"sqlite:///{folder / 'creation.db'}"))) == 17


def test_a_process_of_its_own_answers_without_prefect(engine):
    """A command that records a hand-in must not pay for importing Prefect."""
    code = "import sys; sys.argv = ['creation', 'verify']\ntry:\n import flows.cli; flows.cli.main()\nfinally:\n print('prefect' in sys.modules)"
    environment = {"PATH": os.environ["PATH"], "CREATION_DATABASE_URL": str(engine.url)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["历史记录完整", "False"]


def test_a_letter_can_be_looked_at(creation, tmp_path):
    page = tmp_path / "letter.html"
    code, text = creation("mail", "preview", "reminder", "--html", str(page))
    assert code == 0
    assert text.startswith("主题：【提醒】")
    assert "<html" in page.read_text(encoding="utf-8")


def test_a_clock_of_a_real_database_cannot_be_moved(engine):
    with transaction(engine) as session:
        session.delete(session.get(Setting, "made_by"))
    with transaction(engine) as session, pytest.raises(ClockError, match="正式数据库"):
        move_clock(session, now())


def test_an_act_done_on_the_command_line_is_the_same_as_in_code(creation, engine):
    perform(engine, Act("x", "command:test", date(2025, 11, 4)), "record_finding", project="2023-S01", text="走访")
    creation("record", "record_finding", "project=2023-S01", "text=走访")
    first, second = [e["payload"] for e in read(creation("history", "2023-S01", "--json")) if e["event"] == "record_finding"]
    assert first == second
