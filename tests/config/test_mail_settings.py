"""Settings that every mail bears are refused at the start, in one sentence that names them; doctor says the same."""

import pytest

from config.settings import SettingsError, settings


@pytest.fixture
def given(monkeypatch):
    def given(name, value):
        monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield given
    monkeypatch.undo()
    settings.cache_clear()


WRONG = [
    ("CREATION_SMTP_SENDER", "office", "不是邮箱地址"),
    ("CREATION_SMTP_SENDER", "", "不是邮箱地址"),
    ("CREATION_OFFICE_EMAIL", "", "不是邮箱地址"),
    ("CREATION_OFFICE_EMAIL", "组织部@university.example", "不是邮箱地址"),
    ("CREATION_REPLY_TO", "office", "不是邮箱地址"),
    ("CREATION_REPLY_TO", "a@b.example, c@d.example", "不是邮箱地址"),
    ("CREATION_AUDITOR_EMAIL", "a@b.example\nBcc: x@y.example", "不是邮箱地址"),
    ("CREATION_OFFICE_NAME", "组织部\nBcc: x@y.example", "不允许的字符"),
    ("CREATION_MAIL_DOMAIN", "大学.example", "不是域名"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_a_wrong_one_is_refused_in_a_sentence(given, name, value, said):
    given(name, value)
    with pytest.raises(SettingsError, match=f"(?s)设置 {name} 有误.*{said}"):
        settings()


@pytest.mark.parametrize("name", ["CREATION_REPLY_TO", "CREATION_AUDITOR_EMAIL"])
@pytest.mark.parametrize("value", ["", "office@university.example"])
def test_what_may_be_left_out_may_be(given, name, value):
    """The control."""
    given(name, value)
    assert settings()


def test_doctor_names_it(given, creation):
    given("CREATION_REPLY_TO", "office")
    code, text = creation("doctor")
    assert code == 2
    assert "CREATION_REPLY_TO" in text
