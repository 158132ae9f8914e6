"""The frame of every page: head with links, one sober style, for desktop and telephone; no scripts."""

from collections.abc import Iterable
from html import escape

TABS = (
    ("desk", "今日工作台"),
    ("inbox", "收件箱（文件）"),
    ("sheets", "待填表"),
    ("reports", "报告"),
    ("letters", "信件样式"),
    ("mails", "已发邮件"),
)
STYLE = """
:root{--ink:#232323;--soft:#6b675f;--line:#e4e0d6;--red:#8c1d18;--paper:#fff;--ground:#f6f5f2}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.6 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif}
header{background:var(--red);color:#fff;padding:12px 24px 0}
header h1{font-size:20px;margin:0}
header nav{display:flex;flex-wrap:wrap;margin:6px -10px 0}
header nav a{color:#fff;opacity:.85;text-decoration:none;padding:5px 10px 7px;border-bottom:3px solid transparent}
header nav a.on{opacity:1;border-color:#fff;font-weight:bold}
main{max-width:1120px;margin:0 auto;padding:16px}
section{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:12px 16px;margin:0 0 14px}
h2{font-size:17px;margin:0 0 8px}
h2 small{font-weight:normal;color:var(--soft);font-size:13px}
p{margin:6px 0}
a{color:var(--red)}
.hint,small{color:var(--soft);font-size:13px}
.bad{color:var(--red)}
.told{border-left:3px solid var(--red)}
ul{margin:4px 0;padding-left:20px}
table{width:100%;border-collapse:collapse}
th{font-weight:normal;font-size:13px;color:var(--soft);text-align:left;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td:first-child{overflow-wrap:anywhere}
.w{white-space:nowrap}
.n{text-align:right;white-space:nowrap}
form{margin:0}
input[type=file]{display:block;width:100%;margin:8px 0;font:inherit}
input[type=file]{padding:14px;border:1px dashed var(--soft);border-radius:6px;background:var(--ground)}
button{font:inherit;padding:5px 16px;border:1px solid var(--red);border-radius:6px;background:var(--red);color:#fff;cursor:pointer}
details summary{cursor:pointer;color:var(--red)}
details button{margin-top:4px;padding:2px 10px;background:var(--paper);color:var(--red)}
iframe{width:100%;height:640px;border:1px solid var(--line);background:#fff}
select{font:inherit;max-width:100%;padding:4px}
label{margin-right:10px}
pre{background:var(--ground);padding:12px;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.6 "Noto Sans Mono CJK SC",monospace}
pre.letter{white-space:pre;overflow-x:auto}
@media (max-width:640px){
header{padding:10px 16px 0}
main{padding:10px}
section{padding:10px 12px}
header nav{margin:6px -6px 0}
header nav a{padding:4px 6px 6px;font-size:14px}
thead{display:none}
tr{display:block;padding:7px 0;border-bottom:1px solid var(--line)}
tr:last-child{border-bottom:0}
td{display:block;border:0;padding:0}
td.w,td.n{display:inline-block;margin-right:14px;color:var(--soft);font-size:13px;vertical-align:top}
}
"""


def page(title: str, body: str, tab: str = "") -> str:
    """Return a whole page; ``tab`` is the link of the head that is marked."""
    links = "".join(f'<a href="/{key}"{" class=on" if key == tab else ""}>{label}</a>' for key, label in TABS)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><header><h1>{escape(title)}</h1><nav>{links}</nav></header><main>{body}</main></body></html>"
    )


def section(title: str, body: str, note: str = "", kind: str = "") -> str:
    """Return a box with a heading; ``body`` is markup."""
    head = f"<h2>{escape(title)} <small>{escape(note)}</small></h2>" if title else ""
    return f'<section class="{kind}">{head}{body}</section>'


def table(columns: Iterable[str], rows: Iterable[str]) -> str:
    """Return a table of rows that are markup."""
    return f"<table><thead><tr>{''.join(f'<th>{escape(name)}</th>' for name in columns)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def message(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return page(title, section("", f"<p>{escape(text)}</p>"))
