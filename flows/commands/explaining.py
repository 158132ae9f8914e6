"""The command that answers “why?”."""

from collections.abc import Iterable
from dataclasses import asdict

from rich.tree import Tree

from config.loading import clauses
from flows.commands.base import AsJson, Day, app, console, database, dump, today_in
from flows.why.explaining import explain_now
from flows.why.link import Link
from flows.why.telling import place_of
from models.store import reading


@app.command()
def why(project: str, on: Day = None, as_json: AsJson = False) -> None:
    """为什么：一个项目的现状、决定、得分和催办，各依据什么事实和条款。"""
    engine = database()
    day = on.date() if on else today_in(engine)
    with reading(engine) as session:
        chain = explain_now(session, project, day)
    if as_json:
        dump([asdict(link) for link in chain])
        return
    console.print(tree_of(project, chain))


def tree_of(title: str, chain: Iterable[Link]) -> Tree:
    """Return the chain as a tree: each ground under what rests on it, then the clauses that were named."""
    root = Tree(f"[bold]{title}[/bold]")
    path = [root]
    named: dict[str, None] = {}
    for link in chain:
        del path[link.depth + 1 :]
        path.append(path[-1].add(_text(link), highlight=False))
        if link.clause:
            named.setdefault(link.clause)
    if named:
        known = clauses()
        below = root.add("[dim]条款[/dim]")
        for clause in named:
            below.add(f"[dim]{clause}　{known[clause].text}[/dim]", highlight=False)
    return root


def _text(link: Link) -> str:
    """Return a link's line; brackets in what people wrote are no markup."""
    words = link.text.replace("[", r"\[")
    if link.deciding or link.depth == 0:
        words = f"[bold]{words}[/bold]"
    where = place_of(link)
    return f"{words}　[dim]{where}[/dim]" if where else words
