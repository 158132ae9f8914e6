"""From the unit's answer to the recorded paper: mail, task, drop-down, form, and back again when it was recorded wrongly."""

import json
import shutil
from datetime import date

import pytest
from sqlmodel import col, select

from config.settings import settings
from config.vocabulary import InboundKind, SubmissionState, TaskKind
from flows.forms.choices import offered
from flows.forms.model import checked
from flows.steps.acts import ACTS
from flows.steps.errors import ActError
from flows.steps.replies import ReplyReading
from flows.timetable import timetable
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from models.tables import Inbound, InboundFile, Mail, Submission, Task
from notifications.inbound.folder import DONE
from notifications.inbound.rounds import read_round
from tests.notifications.letters_in import PDF, document, reply, sample
from tests.postman import morning, parsed

DAY = "2025-11-17"
ACT = Act("A01", "command:test", date.fromisoformat(DAY))
BOX = "s05b01-contact@university.example"


@pytest.fixture
def folder(tmp_path, data_folder, monkeypatch):
    path = tmp_path / "eml"
    path.mkdir()
    monkeypatch.setenv("CREATION_REPLY_FOLDER", str(path))
    settings.cache_clear()
    return path


@pytest.fixture(scope="module")
def mailed(template, tmp_path_factory):
    """The sample university after a morning's post, made once."""
    path = tmp_path_factory.mktemp("mailed") / "mailed.db"
    shutil.copy(template, path)
    made = engine_for(f"sqlite:///{path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREATION_REPLY_TO", "huixin@university.example")
        settings.cache_clear()
        morning(made, DAY)
    settings.cache_clear()
    made.dispose()
    return path


@pytest.fixture
def engine(mailed, tmp_path):
    path = tmp_path / "test.db"
    shutil.copy(mailed, path)
    made = engine_for(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture
def letter(engine):
    """The Message-ID of the mail that a branch has got."""
    with reading(engine) as session:
        return session.exec(select(Mail.message_id).where(Mail.mailbox == BOX)).one()


@pytest.fixture
def answered(engine, folder, letter):
    """The branch has answered with two files."""
    files = (("满意度测评.pdf", PDF), ("申请书.docx", document()))
    (folder / "a.eml").write_bytes(reply(*files, message_id=letter, box=BOX))
    read_round(engine, settings())
    return engine


def act(engine, name, **typed):
    """One act by its form."""
    with transaction(engine) as session:
        return ACTS[name](session, ACT, **checked(session, name, typed))


def task(engine):
    with reading(engine) as session:
        return session.exec(select(Task).where(Task.kind == TaskKind.RECORD_HAND_IN)).one()


def dropdown(engine):
    with reading(engine) as session:
        return [name for name in offered(session, "inbox") if name.startswith("来件")]


def test_the_task_names_unit_project_and_what_the_unit_still_owes(answered):
    found = task(answered)
    assert found.unit == "S05B01"
    for told in ("晨曦学院教师第一党支部", "2023-S05B01", "工作验收申请书", "典型案例", "满意度测评.pdf"):
        assert told in found.text


def test_files_are_offered_until_recorded_and_the_last_one_closes_the_task(answered):
    survey, form = dropdown(answered)
    assert (survey, form) == ("来件1-1 S05B01 满意度测评.pdf", "来件1-2 S05B01 申请书.docx")
    act(answered, "hand_in", project="2023-S05B01", deliverable="satisfaction_survey", files=[survey])
    assert (dropdown(answered), task(answered).done_on) == ([form], None)
    act(answered, "hand_in", project="2023-S05B01", deliverable="acceptance_application", files=[form])
    assert (dropdown(answered), task(answered).done_on) == ([], date.fromisoformat(DAY))
    with reading(answered) as session:
        papers = session.exec(select(Submission).order_by(col(Submission.id))).all()
        kept = session.exec(select(InboundFile).order_by(col(InboundFile.number))).all()
    assert [paper.files for paper in papers] == [[{"name": row.name, "sha256": row.sha256}] for row in kept]
    assert [row.submission for row in kept] == [paper.code for paper in papers]


def test_a_paper_recorded_wrongly_gives_its_files_back(answered):
    for paper, name in zip(("satisfaction_survey", "acceptance_application"), dropdown(answered), strict=True):
        act(answered, "hand_in", project="2023-S05B01", deliverable=paper, files=[name])
    with transaction(answered) as session:
        wrong = ACTS["retract"](session, ACT, "2023-S05B01", "satisfaction_survey", "记错了单位")
        assert wrong.state == SubmissionState.RETURNED
    assert (dropdown(answered), task(answered).done_on) == (["来件1-1 S05B01 满意度测评.pdf"], None)


def test_a_refused_form_takes_no_file_and_an_unknown_one_is_named(answered):
    (survey, _) = dropdown(answered)
    with pytest.raises(ActError, match="晚于"):
        act(answered, "hand_in", project="2023-S05B01", deliverable="satisfaction_survey", files=[survey], received_on="2026-01-01")
    assert len(dropdown(answered)) == 2
    with pytest.raises(ActError, match="来件9-9"), transaction(answered) as session:
        ACTS["hand_in"](session, ACT, "2023-S05B01", "satisfaction_survey", files=["来件9-9"])


def test_a_refused_file_keeps_the_task_open_for_a_person(engine, folder, letter):
    (folder / "a.eml").write_bytes(reply(("满意度测评.pdf", PDF), ("旧表.doc", b"x"), message_id=letter, box=BOX))
    read_round(engine, settings())
    act(engine, "hand_in", project="2023-S05B01", deliverable="satisfaction_survey", files=dropdown(engine))
    assert (task(engine).done_on, "旧表.doc（不收这种文件）" in task(engine).text) == (None, True)


def test_the_timetable_reads_only_where_there_is_something_to_read(engine, folder, monkeypatch):
    def jobs():
        settings.cache_clear()
        return {job.id for job in timetable(engine).get_jobs()}

    assert jobs() == {"scan", "replies"}
    monkeypatch.delenv("CREATION_REPLY_FOLDER")
    assert jobs() == {"scan"}


def test_a_round_by_the_timetable_takes_what_lies_there(engine, folder, letter):
    (folder / "a.eml").write_bytes(sample("qq_reply", letter, BOX))
    ReplyReading(engine, settings()).tick()
    with reading(engine) as session:
        assert [row.kind for row in session.exec(select(Inbound))] == [InboundKind.REPLY]


def test_a_wrong_setting_is_told_once_a_day_and_stops_nothing(engine, folder, monkeypatch):
    monkeypatch.setenv("CREATION_IMAP_URL", "imap://a:geheim@mail.example")
    settings.cache_clear()
    for _ in range(2):
        ReplyReading(engine, settings()).tick()
    with reading(engine) as session:
        (found,) = session.exec(select(Task)).all()
    assert ("imaps://" in found.text, "geheim" in found.text) == (True, False)


def test_reading_by_hand_first_on_trial_then_in_earnest_then_listed(creation, folder, letter):
    (folder / "a.eml").write_bytes(reply(("满意度测评.pdf", PDF), message_id=letter, box=BOX))
    (folder / "b.eml").write_bytes(sample("newsletter"))
    code, said = creation("mail", "read", "--dry-run", "--json")
    trial = json.loads(said)
    assert (code, trial["read"], len(trial["ours"]), trial["ours"][0]["task"]) == (0, 2, 1, "")
    assert "新来信 1 封" in creation("mail", "read")[1]
    assert sorted(path.name for path in (folder / DONE).iterdir()) == ["a.eml", "b.eml"]
    assert json.loads(creation("mail", "read", "--json")[1]) == {"read": 0, "failed": 0, "ours": []}
    (row,) = json.loads(creation("mail", "replies", "--json")[1])
    assert (row["kind"], row["unit"], row["sender"], row["files"]) == ("回信", "S05B01", BOX, ["满意度测评.pdf"])


def test_without_a_mailbox_the_command_says_what_to_set(creation):
    code, said = creation("mail", "read")
    assert (code, "CREATION_IMAP_URL" in said) == (2, True)


def test_letters_say_where_answers_go_and_that_they_may_bring_files(engine):
    with reading(engine) as session:
        message = parsed(session.exec(select(Mail.mime).where(Mail.mailbox == BOX)).one())
    assert message["Reply-To"] == "huixin@university.example"
    assert "直接回复本邮件并附材料即可" in message.get_body(("plain",)).get_content().replace("\n", "")
