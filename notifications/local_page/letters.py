"""Pages of the letters' wording: what each kind looks like with the data of a chosen project, and how it differs from the shipped text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from config.settings import settings
from config.vocabulary import MailKind
from models.loading import UnknownCodeError
from models.store import reading
from notifications import wording
from notifications.catalogue import LetterFaultError
from notifications.letter import Letter, Rendered
from notifications.local_page.guard import RefusedError
from notifications.local_page.layout import page, section, table
from notifications.preview import PreviewError, preview, projects
from notifications.render import TemplateFaultError, renderer
from notifications.samples import sample

WIDTHS: Mapping[str, tuple[str, str]] = {"wide": ("电脑", "100%"), "phone": ("手机", "360px")}
FAULTS = (TemplateFaultError, LetterFaultError, PreviewError, UnknownCodeError)
NOTE = "单位和任务取自该项目；尚未发生的决定、理由等为样例。"


@dataclass(frozen=True, slots=True)
class Letters:
    """What the pages look at: the database, where there is one."""

    engine: Engine | None

    def list_page(self) -> str:
        """Return every kind of letter, with what is wrong first."""
        folder = settings().template_folder
        faults = "".join(f"<li class=bad>{escape(fault)}</li>" for fault in wording.broken(folder))
        top = section("有误的措辞", f"<ul>{faults}</ul>", "这种信件暂缓发送，其余照发", "told") if faults else ""
        rows = [
            f'<tr><td><a href="/letters/{kind}">{kind.label}</a></td><td class=w>{kind}</td><td>{_whose(kind)}</td></tr>'
            for kind in MailKind
        ]
        hint = "<p class=hint>改措辞：creation mail template take 取出，改好后 save 保存；有错不会保存。</p>"
        return page("信件样式", top + section("信件", hint + table(("名称", "命令中的写法", "措辞"), rows)), "letters")

    def letter_page(self, name: str, query: Mapping[str, str]) -> str:
        """Return one kind: choice of project and width, the letter in a frame, its plain text, what differs from the shipped wording."""
        kind, project, width = _kind(name), query.get("project", ""), query.get("width", "wide")
        chosen = WIDTHS.get(width, WIDTHS["wide"])
        try:
            made, told = self._made(kind, project)
            source = escape(f"/letter/{kind}?{urlencode({'project': project})}")
            frame = f'<iframe sandbox src="{source}" style="max-width:{chosen[1]}" title="信件"></iframe>'
            shown = section(made.subject, f"<p class=hint>{escape(told)}</p>{frame}") + section(
                "纯文本", f"<pre class=letter>{escape(made.text)}</pre>"
            )
        except FAULTS as fault:
            shown = section("不能预览", f"<p class=bad>{escape(str(fault))}</p>", kind="told")
        return page("信件样式", section(kind.label, self._form(project, width)) + shown + _differences(kind), "letters")

    def html(self, name: str, query: Mapping[str, str]) -> str:
        """Return a letter's HTML alone, as it would be sent."""
        try:
            return self._made(_kind(name), query.get("project", ""))[0].html
        except FAULTS as fault:
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault)) from None

    def _made(self, kind: MailKind, project: str) -> tuple[Rendered, str]:
        letter, told = self._letter(kind, project)
        return renderer(settings().template_folder).render(letter), told

    def _letter(self, kind: MailKind, project: str) -> tuple[Letter, str]:
        if not project:
            return sample(kind), "样例，单位和人员均为虚构"
        with self._session() as session:
            if session is None:
                raise PreviewError("数据库暂不可用，只能看样例")
            found = preview(session, kind, project)
        return found.letter, f"收件人 {found.mailbox or '（没有登记邮箱）'}；{'按已登记的事项' if found.real else NOTE}"

    def _form(self, project: str, width: str) -> str:
        with self._session() as session:
            known = projects(session) if session else {}
        options = "".join(_option(code, f"{code} {name}", project) for code, name in known.items())
        widths = "".join(_option(key, label, width) for key, (label, _) in WIDTHS.items())
        return (
            f'<form method="get"><label>项目 <select name="project"><option value="">（样例）</option>{options}</select></label> '
            f'<label>宽度 <select name="width">{widths}</select></label> <button>预览</button></form>'
        )

    @contextmanager
    def _session(self) -> Iterator[Session | None]:
        if self.engine is None:
            yield None
            return
        try:
            with reading(self.engine) as session:
                yield session
        except SQLAlchemyError as error:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "数据库暂不可用，请稍后再试；仍不行请运行 creation doctor") from error


def _kind(name: str) -> MailKind:
    try:
        return MailKind(name)
    except ValueError:
        raise FileNotFoundError(name) from None


def _whose(kind: MailKind) -> str:
    mine = wording.own(settings().template_folder, kind.value)
    return f"本单位：{'、'.join(mine)}" if mine else "系统原文"


def _option(value: str, label: str, chosen: str) -> str:
    return f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'


COLOURS = {"+": "#1b6b34", "-": "#a1160c", "@": "#6b675f"}


def _differences(kind: MailKind) -> str:
    folder = settings().template_folder
    found = [line for part in (kind.value, wording.SHARED) for line in wording.differences(folder, part)]
    lines = "\n".join(f'<span style="color:{COLOURS.get(line[:1], "inherit")}">{escape(line)}</span>' for line in found)
    body = f"<pre>{lines}</pre>" if found else "<p class=hint>与系统原文一致。</p>"
    return section("与系统原文的差别", body, "- 系统原文，+ 本单位措辞（含各种信件共用的部分）" if found else "")
