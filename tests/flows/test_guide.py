"""The newcomer's table in README.zh-CN.md: forms and fields under the names that the pages show, and none that must be filled left out."""

import re

import pytest

from flows.deployments import ALL, entrypoint, schemas
from flows.documents import ROOT
from flows.forms.order import deployment_name

TEXT = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| [^|]+ \| (\d{3}-[^|]+) \| ([^|]+) \|", re.MULTILINE)
FORMS = {deployment_name(row.flow.name): schemas()[entrypoint(row)] for row in ALL}
TOLD = {form: re.sub(r"（选[^）]*）", "", fields).split("、") for form, fields in ROW.findall(TEXT)}


def told_wrongly(form, fields):
    """Whether a row names other fields than the page or in another order, and what must be filled (or is a code) and is left out."""
    (model,) = FORMS[form]["definitions"].values()
    titles = [told["title"] for told in sorted(model["properties"].values(), key=lambda told: told["position"])]
    needed = {told["title"] for name, told in model["properties"].items() if name in {*model["required"], "code"}}
    return [title for title in titles if title in fields] != fields, needed - set(fields)


@pytest.mark.parametrize("form", TOLD)
def test_a_row_names_what_the_form_shows(form):
    assert told_wrongly(form, TOLD[form]) == (False, set())


def test_the_table_has_the_newcomers_forms_and_would_tell_a_wrong_row():
    assert [form.partition("-")[0] for form in TOLD] == ["101", "402", "702", "502", "602"]
    assert told_wrongly("702-个别延期", ["对象", "批次"]) == (True, {"材料", "期限", "依据", "办理人", "动态口令"})
