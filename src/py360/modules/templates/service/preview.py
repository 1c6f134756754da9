"""What a template looks like before it is sent."""

from collections.abc import Mapping

from py360.modules.templates.compiler import compile
from py360.modules.templates.compiler.lint import lint
from py360.modules.templates.compiler.prove import prove
from py360.modules.templates.models import Template
from py360.modules.templates.service.save import Draft, template_of
from py360.modules.templates.sms import segments
from py360.modules.templates.variables import fold_values, samples, write_text
from py360.modules.templates.views import PreviewView, warnings_view


def preview(template: Template, parameters: Mapping[str, object]) -> PreviewView:
    """The finished texts with sample values, overridden by the given ones; of an SMS also its parts."""
    given = fold_values({name: "" if value is None else str(value) for name, value in parameters.items()})
    compiled = compile(template)
    rendered = compiled.render({**samples(), **{name: write_text(name, str(value)) for name, value in given.items()}})
    view: PreviewView = {
        "type": template.channel,
        "subject": rendered.subject or None,
        "content": rendered.html or rendered.text,
        "text": rendered.text,
        "html": rendered.html,
        "variables": list(compiled.variables),
        "warnings": warnings_view(lint(template)),
    }
    if template.channel == "sms":
        counted = segments(rendered.text)
        view["sms"] = {"encoding": counted.encoding, "characters": counted.units, "parts": counted.parts}
    return view


async def preview_draft(client_id: int, draft: Draft, parameters: Mapping[str, object]) -> PreviewView:
    """The same of a template that is not saved. Raises TemplateInvalid for what could not be saved."""
    template = template_of(client_id, draft)
    await prove([template])
    return preview(template, parameters)
