"""Templates made ready once per version: MJML or HTML becomes finished HTML and its text twin, both minijinja templates.

Placeholders are hidden behind plain words while the HTML tools work, so that no tool has to understand them. Links
become tracked, the open pixel is added, and an e-mail without an unsubscribe link gets one.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import css_inline
import minijinja
import mrml
import nh3
from inscriptis import get_text  # type: ignore[import-untyped]
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]

from py360.kit.errors import Invalid
from py360.modules.templates.models import Channel, Rendered, Template
from py360.modules.templates.variables import texts, unify

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HIDDEN = re.compile(r"PYQ(\d+)QYP")
_HREF = re.compile(r"""(<a\b[^>]*?\shref=)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"\{\{ payment_link \}\}|https?://[^\s<>\"'{}]+")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_LONE_VARIABLE = re.compile(r"\{\{ (\w+) \}\}\Z")
_TEXT_CONFIG: Final = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)
_EMAIL_TAGS: Final = nh3.ALLOWED_TAGS | {"font", "section", "header", "footer", "main"}
_EMAIL_ATTRIBUTES: Final = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"style", "align", "valign", "width", "height", "bgcolor", "class", "id", "dir", "lang", "role", "border"},
    "table": {"cellpadding", "cellspacing", "summary"},
    "font": {"color", "face", "size"},
}
PIXEL: Final = (
    '{% if _open %}<img src="{{ _open|safe }}" width="1" height="1" alt=""'
    ' style="display:block;border:0;width:1px;height:1px" />{% endif %}'
)
FOOTER: Final = (
    '<p style="font:12px/18px Arial,sans-serif;color:#6b7280;text-align:center;margin:24px 16px">'
    'You receive this because of your policy with us. <a href="{{ unsubscribe_link }}" style="color:#6b7280">'
    "Stop these e-mails</a></p>"
)


def _environment() -> minijinja.Environment:
    return minijinja.Environment(
        auto_escape_callback=lambda name: name.endswith(".html"),
        undefined_behavior="lenient",
        fuel=1_000_000,  # no template of an office needs more; a loop gone wild ends here
        debug=False,
    )


class MessageLinks(Protocol):
    """The addresses that belong to one message."""

    def open(self) -> str:
        """Of the pixel that notes that the message was opened; empty when opens are not noted."""
        ...

    def unsubscribe(self) -> str:
        """Of the page that stops these messages."""
        ...

    def click(self, url: str) -> str:
        """What leads to `url`, noting the click when clicks are noted."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A tracked link of a template: a fixed address, or the variable that holds it."""

    url: str = ""
    variable: str = ""

    def of(self, values: Mapping[str, str]) -> str:
        """The address for one recipient."""
        return values.get(self.variable, "") if self.variable else self.url


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template version made ready. Render with `render` (previews) or `message` (tracked, for one ledger row)."""

    template: Template
    variables: tuple[str, ...]
    links: tuple[Target, ...]
    _env: minijinja.Environment

    def render(self, values: Mapping[str, Any]) -> Rendered:
        """The texts for one recipient, with plain links; `values` by the catalogue's names."""
        context: dict[str, Any] = self._texts(values)
        for number, link in enumerate(self.links):
            context[f"_link{number}"] = link.of(context)
        return self._render(context)

    def message(self, links: MessageLinks, values: Mapping[str, Any]) -> Rendered:
        """The texts for one recipient, with the links of one message."""
        context: dict[str, Any] = self._texts(values)
        if self.template.channel == "email":
            context["_open"] = links.open()
            context["unsubscribe_link"] = links.unsubscribe()
        for number, link in enumerate(self.links):
            address = link.of(context)
            context[f"_link{number}"] = links.click(address) if address.startswith("http") else address
        return self._render(context)

    def parameters(self, links: MessageLinks, values: Mapping[str, Any]) -> list[str]:
        """The values in the order of the template's variables, with the links of one message: what WhatsApp's templates take."""
        tracked = {link.variable for link in self.links if link.variable}
        return [
            links.click(text) if name in tracked and text.startswith("http") else text
            for name, text in self._texts(values).items()
        ]

    def _texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        found = texts(values, self.variables)
        if (
            self.template.channel == "sms"
        ):  # the rupee sign would turn the whole message into UCS-2: 70 characters a part
            return {name: text.replace("₹", "Rs ") for name, text in found.items()}
        return found

    def _render(self, context: dict[str, Any]) -> Rendered:
        env = self._env
        if self.template.channel != "email":
            return Rendered("", env.render_template("text", **context))
        return Rendered(
            " ".join(env.render_template("subject", **context).split()),
            env.render_template("text", **context),
            env.render_template("body.html", **context),
        )


def compile(template: Template) -> Compiled:
    """Make a template ready; cached per template version, since versions never change. Raises Invalid when it cannot be."""
    return _compile(template)


@lru_cache(maxsize=512)
def _compile(template: Template) -> Compiled:
    subject = unify(template.subject or "")
    body = unify(template.content)
    env = _environment()
    if template.channel == "email":
        page, links = _track(_page(template, body.text))
        text = _text_of(page)
    else:
        page, (text, links) = "", _with_links(body.text)
    try:
        env.add_template("subject", subject.text)
        env.add_template("text", text)
        env.add_template("body.html", page)
    except minijinja.TemplateError as error:
        raise Invalid(f"The template cannot be read: {error.message}.", code="template_syntax") from error
    names = dict.fromkeys((*subject.variables, *body.variables, *_in_control(env)))
    return Compiled(template, tuple(names), tuple(links), env)


def _in_control(env: minijinja.Environment) -> Sequence[str]:
    """Variables that only a condition or loop names."""
    found = env.undeclared_variables_in_template("text") | env.undeclared_variables_in_template("subject")
    return sorted(name for name in found if not name.startswith("_"))


class _Veil:
    """Hides template code behind words that HTML tools leave alone, and brings it back."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def on(self, text: str) -> str:
        def hide(match: re.Match[str]) -> str:
            self.codes.append(match[0])
            return f"PYQ{len(self.codes) - 1}QYP"

        return _CODE.sub(hide, text)

    def off(self, text: str) -> str:
        return _HIDDEN.sub(lambda match: self.codes[int(match[1])], text)


def _page(template: Template, source: str) -> str:
    """Finished HTML with its placeholders."""
    veil = _Veil()
    if template.format == "mjml":
        try:
            page = veil.off(mrml.to_html(veil.on(source)).content)
        except (OSError, ValueError) as error:
            raise Invalid(f"The MJML cannot be read: {error}.", code="template_syntax") from error
    elif template.format == "html":
        inlined = css_inline.inline(veil.on(source), load_remote_stylesheets=False)
        clean = nh3.clean(inlined, tags=_EMAIL_TAGS, attributes=_EMAIL_ATTRIBUTES, link_rel=None)
        page = _document(veil.off(clean))
    else:
        page = _document(_linked(html.escape(source, quote=False)))
    if "unsubscribe_link" not in page:
        page = _before_end(page, FOOTER)
    return page


def _document(body: str) -> str:
    style = "margin:0;padding:16px;font:15px/22px Arial,Helvetica,sans-serif;color:#1f2937"
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body style="{style}">{body}</body></html>'


def _linked(text: str) -> str:
    """Plain text as HTML: paragraphs kept, addresses made links (a lone payment link variable too)."""
    text = _URL.sub(lambda match: f'<a href="{match[0]}">{match[0]}</a>', text)
    return "<p>" + text.replace("\r\n", "\n").replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>"


def _before_end(page: str, addition: str) -> str:
    ends = list(_BODY_END.finditer(page))
    if not ends:
        return page + addition
    at = ends[-1].start()
    return page[:at] + addition + page[at:]


def _target(address: str) -> Target | None:
    """What a link of the template points at; None when it is not to be tracked."""
    if lone := _LONE_VARIABLE.match(address):
        return None if lone[1] == "unsubscribe_link" else Target(variable=lone[1])
    if address.lower().startswith(("http://", "https://")) and "{{" not in address:
        return Target(url=html.unescape(address))
    return None


def _track(page: str) -> tuple[str, list[Target]]:
    """Point every link at our click address, and add the pixel."""
    links: list[Target] = []

    def one(match: re.Match[str]) -> str:
        target = _target(match[3].strip())
        if target is None:
            return match[0].replace("{{ unsubscribe_link }}", "{{ unsubscribe_link|safe }}")
        links.append(target)
        return f'{match[1]}"{{{{ _link{len(links) - 1}|safe }}}}"'

    return _before_end(_HREF.sub(one, page), PIXEL), links


def _text_of(page: str) -> str:
    """The text twin of a page, with the same links."""
    veil = _Veil()
    text = veil.off(get_text(veil.on(page.replace(PIXEL, "")), _TEXT_CONFIG))
    lines = [line.rstrip() for line in text.replace("|safe", "").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _with_links(text: str) -> tuple[str, list[Target]]:
    """Point the links of a text message at tracked addresses: the fixed ones and the payment link."""
    links: list[Target] = []

    def one(match: re.Match[str]) -> str:
        address = match[0].rstrip(".,;)")
        links.append(Target(variable="payment_link") if address.startswith("{{") else Target(url=address))
        return f"{{{{ _link{len(links) - 1} }}}}" + match[0][len(address) :]

    return _URL.sub(one, text), links


def compile_text(channel: Channel, subject: str, body: str) -> Compiled:
    """A one-off message as it is written: nothing in it is a placeholder."""
    return _compile(
        Template(
            id=0,
            client_id=0,
            name="one-off",
            channel=channel,
            category="service",
            subject=_literal(subject),
            content=_literal(body),
            format="text",
        )
    )


def _literal(text: str) -> str:
    """A text in which nothing is a placeholder."""
    return re.sub(r"[{\[]", lambda match: "{{ '" + match[0] + "' }}", text)
