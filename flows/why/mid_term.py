"""Why a project is visited or not, when it defends, what it still has to put right or is advised, and who has looked after it (R48–R53)."""

from collections.abc import Iterator
from datetime import date

from flows.why.link import Answer, Deciding, Link, of_cohort, of_project
from models.rules.defence import draw, given_slots, number_of
from models.rules.recommendations import recommendations
from models.rules.snapshot import Project, Rectification, World
from models.rules.spot_checks import choice, drawn_sample, visits
from models.rules.supervision import entries, is_expected, periods


def mid_term(world: World, project: Project, on: date) -> Iterator[Link]:
    """Yield the links of the mid-term's three parts, the running round's items, and the advice given; nothing of what has not begun."""
    yield from _defence(world, project)
    yield from _spot_check(world, project)
    yield from _guidance(world, project, on)
    for order in project.rectifications[-1:]:
        yield from _items(order)
    yield from _advice(project)


def _defence(world: World, project: Project) -> Iterator[Link]:
    rule, lots, number = world.plan.programme.defence, draw(world), number_of(world, project.code)
    if rule is None or lots is None or number is None:
        return
    slot = next((slot for slot in given_slots(world) if slot.project == project.code), None)
    when = f"，{slot.starts} 至 {slot.ends}，{slot.place}" if slot else "，场次待定"
    deciding = Deciding(Answer.LOT, (of_cohort(world, lots),))
    yield Link(0, f"答辩：第 {number} 号{when}", slot.day if slot else None, rule.clause, deciding=deciding)
    body = lots.payload
    apart = "，按类别分别抽签" if body["apart"] else ""
    again = f"；重抽理由：{body['reason']}" if body["reason"] else ""
    yield Link(1, f"第 {body['number']} 次抽签：{len(body['order'])} 个项目{apart}，种子“{body['seed']}”{again}", lots.effective_on)


def _spot_check(world: World, project: Project) -> Iterator[Link]:
    rule = world.plan.programme.spot_check
    if rule is None:
        return
    chosen, drawn = choice(world, project, rule.phase), drawn_sample(world, rule.phase)
    if chosen:
        by = of_cohort(world, drawn) if drawn and chosen.seq is None else of_project(project, chosen.seq or 0)
        yield Link(0, "实地抽查：已列入", chosen.on, rule.clause, deciding=Deciding(Answer.SAMPLE, (by,)))
        yield Link(1, chosen.text, chosen.on, seq=chosen.seq)
        for fact in visits(world, project, rule.phase):
            problems = fact.payload.get("problems", ())
            told = f"；发现问题 {len(problems)} 项" if problems else ""
            yield Link(1, f"{fact.payload['kind']}：{fact.payload['findings']}{told}", fact.effective_on, seq=fact.seq)
    elif drawn and project.code in drawn.payload["pool"]:
        body = drawn.payload
        deciding = Deciding(Answer.SAMPLE, (of_cohort(world, drawn),))
        yield Link(0, "实地抽查：未列入", drawn.effective_on, rule.clause, deciding=deciding)
        yield Link(1, f"未抽中：{len(body['pool'])} 个项目按 {body['percent']}% 抽取 {len(body['chosen'])} 个，种子“{body['seed']}”")


def _guidance(world: World, project: Project, on: date) -> Iterator[Link]:
    rule, known = world.plan.programme.supervision, project.all("supervise")
    begun = [period for period in periods(world, on) if is_expected(project, period)]
    if rule is None or not (known or begun):
        return
    yield Link(0, f"过程监管：{len(known)} 条跟踪指导记录", clause=rule.clause)
    if known:
        last = max(known, key=lambda fact: (fact.effective_on, fact.seq))
        yield Link(1, f"最近一次：{last.payload['text']}", last.effective_on, seq=last.seq)
    yield from (Link(1, f"{period.title}尚无跟踪记录", period.last) for period in begun if not entries(project, period))


def _items(order: Rectification) -> Iterator[Link]:
    left = sum(item.verified is not True for item in order.items)
    yield Link(0, f"第 {order.round_no} 轮整改：{len(order.items)} 项，未核实 {left} 项", order.due_on, "II.2.2")
    for item in order.items:
        evidence = f"，佐证 {item.files} 件" if item.files else ""
        note = f"（{item.note}）" if item.note else ""
        yield Link(1, f"第 {item.number} 项　{item.text}：{item.standing}{evidence}{note}")


def _advice(project: Project) -> Iterator[Link]:
    known = recommendations(project)
    if not known:
        return
    left = sum(row.followed_on is None for row in known)
    yield Link(0, f"改进建议：{len(known)} 条，未说明落实情况 {left} 条", clause="II.2.2")
    for row in known:
        yield Link(1, f"第 {row.number} 条　{row.text}：{row.followed or '尚未说明落实情况'}", row.followed_on or row.on, seq=row.seq)
