"""The key that is not in the database: where it is, who may read it, what happens without it."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from config.settings import settings
from models.sealing import SealingError, key_file, seal, unseal


@pytest.fixture(autouse=True)
def data(data_folder, monkeypatch):
    monkeypatch.delenv("CREATION_SECRET_KEY", raising=False)
    settings.cache_clear()
    return data_folder


def with_key(monkeypatch, key):
    monkeypatch.setenv("CREATION_SECRET_KEY", key)
    settings.cache_clear()


def test_the_key_file_is_made_once_and_only_the_owner_reads_it(data):
    first = seal("甲")
    key = key_file().read_bytes()
    second = seal("甲")
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert key_file().read_bytes() == key
    assert first != second
    assert (unseal(first), unseal(second)) == ("甲", "甲")
    assert list(data.iterdir()) == [key_file()]


def test_of_many_first_uses_one_makes_the_key():
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(seal, "甲乙丙丁戊己庚辛"))
    assert "".join(map(unseal, sealed)) == "甲乙丙丁戊己庚辛"


def test_without_the_key_nothing_opens_and_no_new_key_is_made():
    sealed = seal("甲")
    key_file().unlink()
    with pytest.raises(SealingError, match=r"找不到密钥文件 .*secret\.key；请从备份恢复原文件.*creation admin code"):
        unseal(sealed)
    assert not key_file().exists()


def test_another_key_is_told_from_a_broken_one(monkeypatch):
    sealed = seal("甲")
    with_key(monkeypatch, Fernet.generate_key().decode())
    with pytest.raises(SealingError, match="密钥（CREATION_SECRET_KEY）与发放动态口令时所用的不同"):
        unseal(sealed)
    with_key(monkeypatch, "not a key")
    with pytest.raises(SealingError, match="CREATION_SECRET_KEY）不是有效的 Fernet 密钥"):
        seal("甲")


def test_a_torn_key_file_is_told(data):
    data.mkdir()
    key_file().write_bytes(b"\xff\x00torn")
    with pytest.raises(SealingError, match=r"secret\.key）不是有效"):
        seal("甲")


def test_a_key_from_the_environment_leaves_no_file(monkeypatch):
    with_key(monkeypatch, Fernet.generate_key().decode())
    assert unseal(seal("甲")) == "甲"
    assert not key_file().exists()
    assert "SecretStr('**********')" in repr(settings())
