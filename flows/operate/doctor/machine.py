"""Checks of the machine: versions, clock, zone data, disk."""

import shutil
import sqlite3
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement

from config.clock import minute_text
from flows.operate.doctor.finding import Finding, Level, judged
from models.database import is_mended, wal_is_safe

PYTHON_MIN = (3, 11)
PYTHON_MENDED = ((3, 13, 0), (3, 12, 5), (3, 11, 10))
"""Releases whose e-mail library folds headers safely (CVE-2024-6923), newest first; our own builder refuses such headers anyway."""
OTHERS = 0o077
GIB = 1024**3
MIB = 1024**2
WARN_BELOW, FAIL_BELOW = GIB, 200 * MIB
CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=5), timedelta(seconds=60)
REQUIREMENTS = Path(__file__).parents[3] / "requirements.in"


def python_version(found: tuple[int, int, int] = sys.version_info[:3]) -> Finding:
    """Check that Python is new enough, and its patch level free of what is known to be mended."""
    told = ".".join(map(str, found))
    if found < PYTHON_MIN:
        return Finding("Python", Level.FAIL, told, "请安装 Python 3.11 或更新版本，再运行 make setup")
    if not is_mended(found, PYTHON_MENDED):
        mended = "、".join(".".join(map(str, one)) for one in reversed(PYTHON_MENDED))
        return Finding(
            "Python", Level.WARN, f"{told} 的邮件库有已知缺陷（CVE-2024-6923），本程序已自行避开", f"方便时升级到 {mended} 或更新版本"
        )
    return Finding("Python", Level.OK, told)


def sqlite_version(found: tuple[int, int, int] = sqlite3.sqlite_version_info) -> Finding:
    """Tell which journal mode the library's version allows (models/database.py)."""
    mode = "WAL + FULL" if wal_is_safe(found) else "DELETE + EXTRA（此版本的 WAL 有缺陷，已自动避开）"
    return Finding("SQLite", Level.OK, f"{'.'.join(map(str, found))}；日志方式 {mode}")


def dependencies(wanted: str | None = None) -> Finding:
    """Check that what requirements.in asks for is installed in a version that fits."""
    text = REQUIREMENTS.read_text(encoding="utf-8") if wanted is None else wanted
    lines = text.partition("# development")[0].splitlines()
    needed = [Requirement(named) for line in lines if (named := line.partition("#")[0].strip())]
    wrong = [told for one in needed if (told := _misfit(one))]
    if wrong:
        return Finding("依赖", Level.FAIL, "；".join(wrong), "请运行 make setup，按 requirements.lock 重新安装")
    return Finding("依赖", Level.OK, f"{len(needed)} 个直接依赖的版本相符")


def _misfit(one: Requirement) -> str:
    try:
        found = version(one.name)
    except PackageNotFoundError:
        return f"缺少 {one.name}"
    return "" if one.specifier.contains(found, prereleases=True) else f"{one.name} {found} 不符合 {one.specifier}"


def zone(name: str = "Asia/Shanghai") -> Finding:
    """Check that zone data is there and knows the business zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return Finding("时区数据", Level.FAIL, f"找不到 {name}", "请运行 make setup（含 tzdata），或安装系统的时区数据")
    return Finding("时区数据", Level.OK, name)


def clock(here: datetime, database: datetime | None, newest: datetime | None = None) -> Finding:
    """Compare this machine's clock with the database server's (None: the database is on this machine) and with the newest event."""
    apart = abs(here - database) if database else timedelta(0)
    if apart > CLOCK_WARN:
        level = Level.FAIL if apart > CLOCK_FAIL else Level.WARN
        return Finding("时钟", level, f"与数据库服务器相差 {apart.total_seconds():.1f} 秒", "请在两台机器上启用网络对时（NTP）")
    if newest is not None and newest - here > CLOCK_WARN:
        found = f"电脑时间 {minute_text(here)} 早于最近一条历史记录的 {minute_text(newest)}"
        return Finding("时钟", Level.WARN, found, "请核对电脑的日期、时间和时区，并启用网络对时（NTP）")
    told = f"与数据库服务器相差 {apart.total_seconds():.1f} 秒，" if database else ""
    return Finding("时钟", Level.OK, f"{told}{'不早于最近一条历史记录' if newest else '尚无历史记录可比'}")


def business_clock(moved_to: datetime | None) -> Finding:
    """Tell when the business clock has been moved (demo and rehearsal databases only)."""
    if moved_to is None:
        return Finding("业务时钟", Level.OK, "与实际时间一致")
    return Finding(
        "业务时钟", Level.WARN, f"已拨到 {moved_to:%Y-%m-%d %H:%M}", "这是演示数据库；正式工作请用 creation db upgrade 另建数据库"
    )


def private(data: Path, secrets: Iterable[str], database: str | None) -> Finding:
    """Check that other users of this machine read neither the data folder, nor what is secret in it, nor the database's file."""
    inner = [data / name for name in secrets]
    outer = [data, *([Path(database)] if database else [])]
    loose = [path for path in inner if _opens(path)]
    loose += [path for path in outer if _opens(path) and (path == data or _opens(path.parent))]
    if loose:
        named = " ".join(str(path) for path in loose)
        return Finding("文件权限", Level.WARN, f"本机其他用户可以读取 {named}", f"请运行 chmod -R go-rwx {named}")
    return Finding("文件权限", Level.OK, "数据只有本账号可以读取")


def _opens(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & OTHERS)


def free_space(folder: Path) -> int:
    """Return the free bytes of the disk on which a folder lies or will lie."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def disk(free: int) -> Finding:
    """Judge the free bytes of the data folder's disk."""
    level = Level.FAIL if free < FAIL_BELOW else Level.WARN if free < WARN_BELOW else Level.OK
    return judged("磁盘空间", level, f"数据目录所在磁盘余 {free / GIB:.1f} GiB", "请清理磁盘或扩容；日志在数据目录的 logs 中，可以删除旧的")
