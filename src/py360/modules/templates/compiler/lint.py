"""What is wrong (refused) or unwise (warned of) in a template when it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import minijinja
from rapidfuzz import fuzz, process

from py360.modules.templates.compiler.compile import Compiled, compile
from py360.modules.templates.compiler.syntax import unify, wrong
from py360.modules.templates.compiler.tags import refuse_active
from py360.modules.templates.errors import TemplateInvalid
from py360.modules.templates.models import Rendered, Template
from py360.modules.templates.sms import segments
from py360.modules.templates.variables import CATALOGUE, Value, samples

GMAIL_CLIPS_AT: Final = 102 * 1024
WHATSAPP_BODY: Final = 1_024


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning: a stable code and a sentence."""

    code: str
    message: str


def lint(template: Template) -> list[Finding]:
    """Warnings about a template. Raises TemplateInvalid for what cannot be saved."""
    _refuse_unknown(template)
    if template.channel == "email" and template.format != "text":
        refuse_active(template.content)
    compiled = compile(template)
    rendered = _rendered(compiled, samples())
    _rendered(compiled, {})  # a recipient about whom nothing is known
    checks = {"email": _email, "sms": _sms, "whatsapp": _whatsapp}
    return checks[template.channel](template, rendered.text, rendered.html or "") if template.channel in checks else []


def _rendered(compiled: Compiled, values: Mapping[str, Value]) -> Rendered:
    try:
        return compiled.render(values)
    except minijinja.TemplateError as error:
        known = "with sample values" if values else "for a recipient whose values are missing"
        raise wrong(f"The template cannot be rendered {known}: {error.message}.") from error


def _refuse_unknown(template: Template) -> None:
    details: list[dict[str, str]] = []
    for field, text in (("subject", template.subject or ""), ("content", template.content)):
        for name in unify(text).unknown:
            nearest = process.extractOne(name.lower(), list(CATALOGUE), scorer=fuzz.WRatio)
            hint = f" Did you mean {nearest[0]}?" if nearest and nearest[1] >= 70 else ""
            details.append({"field": field, "message": f"“{name}” is not a variable we know.{hint}"})
    if details:
        raise TemplateInvalid(
            "The template uses variables that do not exist. The list of variables has all that can be used.",
            code="unknown_variable",
            details=details,
        )


def _email(template: Template, text: str, html: str) -> list[Finding]:
    found = []
    if not (template.subject or "").strip():
        raise TemplateInvalid(
            "An e-mail needs a subject.",
            code="subject_required",
            details=[{"field": "subject", "message": "is missing"}],
        )
    if "unsubscribe_link" not in unify(template.content).variables:
        found.append(
            Finding("unsubscribe_missing", "There is no unsubscribe link; one is added at the end of the mail.")
        )
    size = len(html.encode())
    if size > GMAIL_CLIPS_AT:
        found.append(Finding("too_large", f"The mail has {size // 1024} KB; Gmail cuts mails off at 102 KB."))
    if (
        template.category in {"renewal", "payment", "reminder"}
        and "payment_link" not in unify(template.content).variables
    ):
        found.append(
            Finding("payment_link_missing", "There is no {{payment_link}}: the customer cannot pay from this mail.")
        )
    return found


def _dlt(template: Template) -> list[Finding]:
    if template.dlt_template_id:
        return []
    return [Finding("dlt_missing", "There is no DLT template id; Indian operators drop texts that are not registered.")]


def _sms(template: Template, text: str, html: str) -> list[Finding]:
    found, counted = _dlt(template), segments(text)
    if counted.parts > 1:
        found.append(
            Finding("sms_parts", f"With sample values this is {counted.parts} SMS ({counted.units} characters).")
        )
    if counted.culprit:
        message = f"“{counted.culprit}” makes it a Unicode SMS: 70 characters a part instead of 160."
        found.append(Finding("sms_unicode", message))
    return found


def _whatsapp(template: Template, text: str, html: str) -> list[Finding]:
    found, body = _dlt(template), unify(template.content).text.strip()
    if len(text) > WHATSAPP_BODY:
        found.append(
            Finding("whatsapp_long", f"WhatsApp takes at most {WHATSAPP_BODY} characters; this has {len(text)}.")
        )
    if body.startswith("{{") or body.endswith("}}"):
        found.append(Finding("whatsapp_edge", "Meta rejects templates that begin or end with a variable."))
    return found
