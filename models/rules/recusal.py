"""Who may not assess whom (R46): nobody assesses their own SO or what belongs to it, nor a unit to which they have declared a tie."""

from models.rules.office_work import Panellist, Tie
from models.rules.snapshot import Unit

REFUSED_AT = {"assign": "指定评审分工", "assess": "登记评分"}
"""How a conflict came to be refused → the act, in Chinese."""


def ground(member: Panellist, unit: Unit) -> str:
    """Return why a member may not assess a unit, in Chinese; empty when they may.

    The own SO counts as a whole: the SO itself and every branch of it, also for a member who belongs to one of the branches.
    A tie counts for the unit itself, its branches, and the SO above it.
    """
    return _own(member, unit) or _tied(member, unit)


def basis(member: Panellist, unit: Unit) -> str:
    """Return the name of the record that keeps a member from a unit, ``home:P06/S05`` or ``tie:P05/S08``; empty when they may."""
    if _own(member, unit):
        return f"home:{member.code}/{member.home}"
    tie = next((tie for tie in member.ties if _concerns(tie, unit)), None)
    return f"tie:{member.code}/{tie.unit}" if tie else ""


def refusal(member: Panellist, project: str, unit: Unit) -> dict[str, str]:
    """Return what is kept about a refused conflict: the project, the ground in Chinese, and the record that it rests on."""
    return {"project": project, "ground": ground(member, unit), "record": basis(member, unit)}


def _own(member: Panellist, unit: Unit) -> str:
    own_so = member.home_so or member.home
    if member.home is None or own_so not in (unit.code, unit.parent):
        return ""
    relation = ""
    if unit.code == own_so != member.home:
        relation = f"{unit.name}是其上级党组织，"
    elif unit.parent == member.home:
        relation = f"{unit.name}是其所属党支部，"
    elif unit.code != member.home:
        relation = f"{unit.name}与其同属一个二级党组织，"
    return f"来自{member.home_name or member.home}，{relation}不能评审本单位项目"


def _tied(member: Panellist, unit: Unit) -> str:
    for tie in member.ties:
        if _concerns(tie, unit):
            return f"已申报与{tie.name}的回避关系（{tie.reason}），不能评审{unit.name}的项目"
    return ""


def _concerns(tie: Tie, unit: Unit) -> bool:
    return unit.code in (tie.unit, tie.parent) or unit.parent == tie.unit
