"""Prove a template before it is saved: compiled and rendered in a process of its own, with limits of memory and time.

What people write as HTML or MJML goes through large libraries. Sizes and depths are checked by plain code first; what gets
past that and still crashes one of them ends that process only, and the author is notified. Texts go through no such library and
are read here.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import orjson
from pydantic import TypeAdapter

from py360.kit import child
from py360.modules.templates.compiler.child import MEMORY_BYTES, SECONDS, Answer
from py360.modules.templates.compiler.lint import Finding, lint
from py360.modules.templates.errors import TemplateInvalid
from py360.modules.templates.models import Template

_CHILD: Final = "py360.modules.templates.compiler.child"
_ANSWERS: Final = TypeAdapter(list[Answer])


async def prove(templates: Sequence[Template]) -> list[list[Finding]]:
    """The warnings about each template. Raises TemplateInvalid for what cannot be saved; of several it names the template."""
    marked_up = [at for at, each in enumerate(templates) if each.format != "text"]
    answers = await _in_child([templates[at] for at in marked_up]) if marked_up else []
    proven = dict(zip(marked_up, answers, strict=False))  # the process ends with the first that it refuses
    found: list[list[Finding]] = []
    for at, template in enumerate(templates):
        try:
            found.append(_findings(proven[at]) if template.format != "text" else lint(template))
        except TemplateInvalid as refused:
            if len(templates) == 1:
                raise
            details = [{**each, "field": f"templates.{at}.{each['field']}"} for each in refused.details]
            raise TemplateInvalid(
                f"“{template.name}”: {refused.message}", code=refused.code, details=details
            ) from refused
    return found


def _findings(answer: Answer) -> list[Finding]:
    if answer.refused is not None:
        raise TemplateInvalid(answer.refused.message, code=answer.refused.code, details=answer.refused.details)
    return [Finding(each.code, each.message) for each in answer.findings]


async def _in_child(templates: Sequence[Template]) -> list[Answer]:
    request = orjson.dumps([asdict(each) for each in templates])
    ended = await child.run(_CHILD, request, seconds=SECONDS * 2)
    if ended.crashed:
        named = f"“{templates[0].name}” cannot" if len(templates) == 1 else "These templates cannot"
        raise TemplateInvalid(
            f"{named} be made into an e-mail within {SECONDS} seconds and {MEMORY_BYTES >> 20} MB of memory."
            " Simplify the layout and save again.",
            code="template_too_large",
        )
    return _ANSWERS.validate_json(ended.output)
