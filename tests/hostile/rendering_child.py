"""A process of its own, with little time and memory, that renders hostile templates and tells what came of each.

``python -m tests.hostile.rendering_child FOLDER letter|form|plain``; ``plain`` takes Jinja's own sandbox: the negative control.
"""

import json
import resource
import sys
import time
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment

from config.vocabulary import DocumentKind, MailKind
from notifications.papers.word import page as p
from notifications.papers.word.drafts import fields_of
from notifications.papers.word.fault import FormError
from notifications.papers.word.filling import check_form, fill
from notifications.render import Renderer, TemplateFaultError
from notifications.samples import sample
from tests.hostile.reading_child import most_memory
from tests.hostile.templates import COSTLY, REACHING
from tests.marks import size

MEMORY, SECONDS = 1 << 30, 60
RETURN = DocumentKind.RETURN_LETTER
VALUES = {**dict.fromkeys(fields_of(RETURN), "某"), "reasons": ["一"]}


def letter(folder, source):
    (folder / "call").mkdir(parents=True, exist_ok=True)
    (folder / "call/body.txt").write_text(source, encoding="utf-8")
    return Renderer(folder).render(sample(MailKind.CALL)).text


def form(_, source):
    page = p.new_page()
    p.add_body(page, source.replace("letter", "reasons"))
    content = p.bytes_of(page)
    check_form(RETURN, content, "自拟.docx")
    fill(content, VALUES)
    return ""


def plain(_, source):
    environment = ImmutableSandboxedEnvironment()
    return environment.from_string(source).render(letter=sample(MailKind.CALL))


def judged(render, folder, source):
    begun = time.process_time()
    try:
        text = render(folder, source)
        result = "rendered" if len(text) <= 1_000_000 and "<class" not in text and "root:" not in text else "leaked"
    except (TemplateFaultError, FormError) as fault:
        result = "refused" if "请" in str(fault) or "可用字段" in str(fault) else "vague"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        result = f"other: {type(error).__name__}"
    return result, time.process_time() - begun


def main(folder, mode):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    render = {"letter": letter, "form": form, "plain": plain}[mode]
    sources = {"letter": (*REACHING, *COSTLY), "form": (*REACHING, *COSTLY)[:: size(5, 1)], "plain": COSTLY[5:8]}[mode]
    results = {source: judged(render, Path(folder), source) for source in sources}
    sys.stdout.write(json.dumps({"results": results, "mb": most_memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
