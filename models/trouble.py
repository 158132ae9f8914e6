"""What a person can do about a database that is full, read-only, busy or gone; an act is one transaction, so none is half done."""

from typing import Any

from sqlalchemy.exc import DBAPIError

NOTHING = "什么都没有写入"
_FULL = f"磁盘已满，{NOTHING}；请腾出空间后重新办理"
_READ_ONLY = f"数据库现为只读，{NOTHING}；请检查文件和文件夹的权限（或数据库的只读设置）后重新办理"
_BUSY = f"数据库正忙，{NOTHING}；请稍后重新办理"
_GONE = "与数据库的连接中断；请待数据库恢复后用 creation history 核对，没有登记的重新办理"

_SAID = {
    "SQLITE_FULL": _FULL, "53100": _FULL, "SQLITE_READONLY": _READ_ONLY, "25006": _READ_ONLY, "SQLITE_BUSY": _BUSY, "55P03": _BUSY,
    "40P01": _BUSY, "57P01": _GONE, "57P02": _GONE, "57P03": _GONE,
}  # fmt: skip
"""SQLite's name of the error, or PostgreSQL's number → sentence (sqlite.org/rescode.html; PostgreSQL, appendix A)."""


def code_of(error: DBAPIError) -> str:
    """Return SQLite's name of an error, or PostgreSQL's number; empty where the driver gives neither."""
    return getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""


def told(error: DBAPIError) -> str:
    """Return the sentence for a database error that is no fault of ours; empty for any other."""
    original: Any = error.orig
    code = code_of(error)
    plain = "_".join(code.split("_")[:2])  # SQLITE_READONLY_DIRECTORY is one of SQLITE_READONLY
    return _SAID.get(plain) or (_GONE if error.connection_invalidated or (not code and _is_operational(original)) else "")


def _is_operational(original: Any) -> bool:
    """Return whether the driver could not reach its server, which has no number of its own."""
    return type(original).__module__.startswith("psycopg") and type(original).__name__ in ("OperationalError", "ConnectionTimeout")
