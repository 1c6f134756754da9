"""Templates made ready once per version: their texts as minijinja templates, with places for the links of one message."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import quote

import minijinja

from py360.modules.templates.compiler.addresses import Link, find_links
from py360.modules.templates.compiler.page import UNSUBSCRIBE, make_page
from py360.modules.templates.compiler.syntax import Expression, Literal, Part, Source, Statement, code_of, unify, wrong
from py360.modules.templates.compiler.tags import check_size
from py360.modules.templates.models import Channel, Rendered, Template
from py360.modules.templates.variables import Value, texts

_LEADS_SOMEWHERE: Final = ("http://", "https://", "mailto:", "tel:")


def _environment() -> minijinja.Environment:
    env = minijinja.Environment(
        auto_escape_callback=lambda name: name.endswith(".html"),
        undefined_behavior="lenient",
        fuel=1_000_000,  # no template of an office needs more
        debug=False,
    )
    env.add_filter("in_address", _in_address)
    return env


def _in_address(value: object) -> str:
    """A value inside an address: URL-encoded, but for the slashes of a policy's number."""
    return quote("" if value is None else str(value), safe="/")


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
class _Place:
    """A link as it is filled in for each message: a fixed address, a variable's, or one to render; and the names it has."""

    url: str | None
    variable: str | None
    tracked: bool
    address: str
    link: str
    href: str

    @classmethod
    def of(cls, number: int, link: Link) -> "_Place":
        variable = link.variable
        tracked = variable != UNSUBSCRIBE
        return cls(link.url, variable, tracked, f"_address{number}", f"_link{number}", f"_href{number}")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template version made ready. Render with `render` (previews) or `message` (tracked, for one ledger row)."""

    template: Template
    variables: tuple[str, ...]
    needed: tuple[str, ...]  # of these, what is shown somewhere without a fallback
    links: tuple[Link, ...]
    slots: int  # parameters of a WhatsApp template
    _env: minijinja.Environment
    _places: tuple["_Place", ...]

    def render(self, values: Mapping[str, Value]) -> Rendered:
        """The texts for one recipient, with plain links; `values` by the catalogue's names. A blank value is a missing one."""
        return self._render(self._context(values, None))

    def message(self, links: MessageLinks, values: Mapping[str, Value]) -> Rendered:
        """The texts for one recipient, with the links of one message."""
        return self._render(self._context(values, links))

    def parameters(self, links: MessageLinks, values: Mapping[str, Value]) -> list[str]:
        """What WhatsApp's template takes, in order: each different value of the text, or condition as a whole, as it reads."""
        context = self._context(values, links)
        return [self._env.render_template(f"slot{number}", **context) for number in range(self.slots)]

    def _context(self, values: Mapping[str, Value], links: MessageLinks | None) -> dict[str, str]:
        context = texts(values, self.variables)
        channel = self.template.channel
        if channel == "sms":  # the rupee sign would make it a message of 70 characters a part
            context = {name: text.replace("₹", "Rs ") for name, text in context.items()}
        if links is not None and channel == "email":
            context["_open"] = links.open()
            context[UNSUBSCRIBE] = links.unsubscribe()
        for place in self._places:
            address = place.url or (
                context.get(place.variable, "") if place.variable else self._address(place, context)
            )
            leads = address[:8].lower().startswith(_LEADS_SOMEWHERE)
            tracked = links is not None and place.tracked and leads and address[:4].lower() == "http"
            context[place.address] = address
            shown = links.click(address) if links is not None and tracked else address
            if channel == "email":
                context[place.href] = html.escape(shown) if leads else ""
            else:
                context[place.link] = shown
        return context

    def _address(self, place: "_Place", context: Mapping[str, str]) -> str:
        return self._env.render_template(place.address, **context)

    def _render(self, context: Mapping[str, str]) -> Rendered:
        env = self._env
        if self.template.channel != "email":
            return Rendered("", env.render_template("text", **context))
        return Rendered(
            " ".join(env.render_template("subject", **context).split()),
            env.render_template("text", **context),
            env.render_template("body.html", **context),
        )


def compile(template: Template) -> Compiled:
    """Make a template ready; cached per template version, since versions never change. Raises TemplateInvalid.

    What could crash or stall the libraries is refused by plain code before they see it. What people save goes through
    `prove` first, which does the same in a process of its own.
    """
    return _compile(template)


def compile_text(channel: Channel, subject: str, body: str) -> Compiled:
    """A one-off message as it is written: nothing in it is a value."""
    return _compile(
        Template(
            id=0,
            client_id=0,
            name="one-off",
            channel=channel,
            category="service",
            subject=subject,
            content=body,
            format="text",
        ),
        as_written=True,
    )


@lru_cache(maxsize=512)
def _compile(template: Template, as_written: bool = False) -> Compiled:
    read = _as_written if as_written else unify
    subject, body = read(template.subject or ""), read(template.content)
    env = _environment()
    slots: list[str] = []
    if template.channel == "email":
        if template.format != "text":
            check_size(template.content)
        page = make_page(template.format, body.parts)
        text, links, body_html = page.text, page.links, page.html
    else:
        items = find_links(body.parts)
        links, body_html = tuple(item for item in items if isinstance(item, Link)), ""
        text = code_of(_numbered(items))
        slots = list(dict.fromkeys(_slots(items))) if template.channel == "whatsapp" else []
    try:
        env.add_template("subject", code_of(subject.parts))
        env.add_template("text", text)
        env.add_template("body.html", body_html)
        for number, link in enumerate(links):
            env.add_template(f"_address{number}", link.code)
        for number, slot in enumerate(slots):
            env.add_template(f"slot{number}", slot)
    except minijinja.TemplateError as error:
        raise wrong(f"The template cannot be read: {error.message}.") from error
    names = dict.fromkeys((*subject.variables, *body.variables))
    places = tuple(_Place.of(number, link) for number, link in enumerate(links))
    needed = _needed((*subject.parts, *body.parts))
    return Compiled(template, tuple(names), needed, links, len(slots), env, places)


def _needed(parts: Sequence[Part]) -> tuple[str, ...]:
    """The variables that are shown without a fallback: where they are missing, the reader misses something."""
    shown = (part for part in parts if isinstance(part, Expression))
    bare = (part for part in shown if not any(each in part.code.replace(" ", "") for each in ("|default(", "|d(")))
    return tuple(dict.fromkeys(name for part in bare for name in part.variables))


def _as_written(text: str) -> Source:
    return Source((Literal(text),) if text else (), (), (), ())


def _numbered(items: Sequence[Part | Link]) -> list[Part]:
    """Parts with a place for each link."""
    found: list[Part] = []
    number = 0
    for item in items:
        if isinstance(item, Link):
            found.append(Expression(f"_link{number}"))
            number += 1
        else:
            found.append(item)
    return found


def _slots(items: Sequence[Part | Link]) -> Iterator[str]:
    """What changes from recipient to recipient: values, and conditions with all that is in them.

    The fixed text of a WhatsApp template, fixed addresses included, is kept by the vendor, so values inside such an address
    are parameters of their own and only an address that is all value can be tracked.
    """
    number, depth = 0, 0
    condition: list[Part] = []
    for item in items:
        place = Expression(f"_link{number}")
        number += isinstance(item, Link)
        if isinstance(item, Statement):
            depth += (item.code.startswith("if ")) - (item.code == "endif")
            condition.append(item)
            if depth == 0:
                yield code_of(condition)
                condition = []
        elif depth:
            condition.append(place if isinstance(item, Link) else item)
        elif isinstance(item, Link):
            yield from [code_of([place])] if item.variable else _values_of(item)
        elif isinstance(item, Expression):
            yield code_of([item])


def _values_of(link: Link) -> Iterator[str]:
    for place, part in enumerate(link.parts):
        if isinstance(part, Expression):
            yield code_of([part if place == 0 else Expression(f"({part.code})|in_address", part.variables)])
