"""Pages of files: the inbox (list, add, delete), sheets to be filled in, reports."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from notifications.local_page.folder import Entry, Folder
from notifications.local_page.layout import page, section, table
from notifications.local_page.upload import ENDINGS, FILE_MAX, FILES, FILES_MAX, TOKEN, Outcome

NAME = "name"
ROWS = 500
KIBI = 1024


def inbox_page(folder: Folder, token: str, told: str = "") -> str:
    """Return the inbox; ``told`` is markup about what has just happened."""
    entries = folder.entries()
    rows = [_row("inbox", entry, _remover(entry.name, token)) for entry in entries[:ROWS]]
    listed = _listed(("文件", "大小", "放入时间", ""), rows, entries, "还没有文件。")
    body = told + section("放入文件", _adder(token)) + section("已放入", listed, f"{len(entries)} 个，在表单的“文件”“表格”中选用")
    return page("收件箱（文件）", body, "inbox")


def _adder(token: str) -> str:
    accepted = ENDINGS.replace("、", ",")
    return (
        f'<form method="post" action="/inbox" enctype="multipart/form-data"><input type="hidden" name="{TOKEN}" value="{escape(token)}">'
        f'<input type="file" name="{FILES}" multiple required accept="{accepted}" aria-label="选择文件"><button>放入</button></form>'
        f"<p class=hint>可一次选多个（至多 {FILES_MAX} 个，每个不超过 {FILE_MAX // KIBI // KIBI} MB）：{ENDINGS}。"
        "同名文件不会被覆盖，另存为“名字 (2)”。表单中的选项一分钟内更新。</p>"
    )


def _remover(name: str, token: str) -> str:
    return (
        '<details><summary>删除</summary><form method="post" action="/inbox/delete">'
        f'<input type="hidden" name="{TOKEN}" value="{escape(token)}"><input type="hidden" name="{NAME}" value="{escape(name)}">'
        "<button>确认删除</button></form></details>"
    )


def outcome_box(outcome: Outcome) -> str:
    """Return what became of the files that were sent."""
    kept = f"<p>已收下 {len(outcome.kept)} 个：{escape('、'.join(outcome.kept))}</p>" if outcome.kept else "<p>没有收下文件。</p>"
    refused = "".join(f"<li><b>{escape(one.name)}</b>　{escape(one.why)}</li>" for one in outcome.refused)
    told = f"<p class=bad>未收下 {len(outcome.refused)} 个：</p><ul>{refused}</ul>" if refused else ""
    return section("", kept + told, kind="told")


def told_box(text: str) -> str:
    """Return a box with one sentence."""
    return section("", f"<p>{escape(text)}</p>", kind="told")


def sheets_page(folder: Folder) -> str:
    """Return the sheets to be filled in."""
    hint = "<p class=hint>填好后放入<a href='/inbox'>收件箱</a>，再在管理界面用“按表报送登记”等表单办理。</p>"
    entries = folder.entries()
    none = "还没有表格；在管理界面用“生成报送登记表”生成。"
    body = hint + _listed(("表格或文书", "大小", "生成时间"), [_row("sheets", entry) for entry in entries[:ROWS]], entries, none)
    return page("待填表", section("待填写的表格和文书", body, f"{len(entries)} 个，点文件名下载"), "sheets")


def reports_page(folder: Folder) -> str:
    """Return the reports."""
    entries = folder.entries()
    none = "还没有报告；在管理界面用“生成进展报告”生成。"
    body = _listed(("报告", "大小", "生成时间"), [_row("reports", entry) for entry in entries[:ROWS]], entries, none)
    return page("报告", section("进展报告", body, f"{len(entries)} 个，点文件名打开，可打印为 A3 横向"), "reports")


def _listed(columns: Sequence[str], rows: Sequence[str], entries: Sequence[Entry], none: str) -> str:
    more = f"<p class=hint>另有 {len(entries) - ROWS} 个较早的</p>" if len(entries) > ROWS else ""
    return table(columns, rows) + more if rows else f"<p class=hint>{none}</p>"


def _row(folder: str, entry: Entry, more: str = "") -> str:
    link = f'<a href="/{folder}/{quote(entry.name)}">{escape(entry.name)}</a>'
    last = f"<td class=w>{more}</td>" if more else ""
    return f"<tr><td>{link}</td><td class=w>{size_text(entry.size)}</td><td class=w>{entry.at:%Y-%m-%d %H:%M}</td>{last}</tr>"


def size_text(size: int) -> str:
    """Return a size as people read it."""
    return f"{size / KIBI / KIBI:.1f} MB" if size >= KIBI * KIBI else f"{max(1, round(size / KIBI))} KB"
