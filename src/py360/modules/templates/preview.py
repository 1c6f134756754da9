"""What a template looks like before it is sent."""

from collections.abc import Mapping
from typing import Any

from py360.modules.templates.compiler import compile
from py360.modules.templates.compiler.lint import lint
from py360.modules.templates.models import Template
from py360.modules.templates.sms import segments
from py360.modules.templates.variables import fold_values, samples, write_text


def preview(template: Template, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The finished texts with sample values, overridden by the given ones; of an SMS also its parts."""
    given = {name: write_text(name, str(value)) for name, value in fold_values(parameters).items()}
    rendered = compile(template).render({**samples(), **given})
    shown: dict[str, Any] = {
        "type": template.channel,
        "subject": rendered.subject or None,
        "content": rendered.html or rendered.text,
        "text": rendered.text,
        "html": rendered.html,
        "variables": list(compile(template).variables),
        "warnings": [{"code": each.code, "message": each.message} for each in lint(template)],
    }
    if template.channel == "sms":
        counted = segments(rendered.text)
        shown["sms"] = {"encoding": counted.encoding, "characters": counted.units, "parts": counted.parts}
    return shown
