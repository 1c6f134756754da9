"""Reading a page or a mail as a browser would: its links, its pictures and its forms."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
_PAYMENT = re.compile(r"pay|renew|भुगतान|नवीन", re.IGNORECASE)
_NOT_FOR_CLICKING = re.compile(r"unsubscribe|opt-?out|सदस्यता", re.IGNORECASE)


@dataclass(slots=True)
class Form:
    """A form as it would be sent: where, how, and its fields as they are."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)  # values of named buttons


@dataclass(slots=True)
class Page:
    """What a reader can see and use."""

    links: list[tuple[str, str]] = field(default_factory=list)  # address, text
    pictures: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    def link_to_click(self) -> str | None:
        """The link a customer follows: the one about paying or renewing, else the first that is not an opt-out."""
        usable = [(url, text) for url, text in self.links if not _NOT_FOR_CLICKING.search(f"{url} {text}")]
        wanted = [url for url, text in usable if _PAYMENT.search(f"{url} {text}")]
        return wanted[0] if wanted else usable[0][0] if usable else None


class _Reader(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._base = base
        self._link: str | None = None
        self._text: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and values.get("href", "").startswith(("http", "/")):
            self._link, self._text = urljoin(self._base, values["href"]), []
        elif tag == "img" and values.get("src"):
            self.page.pictures.append(urljoin(self._base, values["src"]))
        elif tag == "form":
            action = urljoin(self._base, values.get("action") or self._base)
            self._form = Form(action, values.get("method", "get").lower())
            self.page.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, values)

    def _field(self, form: Form, tag: str, values: dict[str, str]) -> None:
        name, value = values.get("name", ""), values.get("value", "")
        kind = values.get("type", "submit" if tag == "button" else "text").lower()
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in values or self._select not in form.fields:
                form.fields[self._select] = value
        elif tag in ("input", "textarea", "button") and name:
            if kind in ("submit", "button", "image"):
                form.choices.setdefault(name, []).append(value)
            elif kind not in ("radio", "checkbox") or "checked" in values or "required" in values:
                form.fields.setdefault(name, value or ("on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self._link is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            self.page.links.append((self._link, " ".join("".join(self._text).split())))
            self._link = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._form = None


def read(text: str, base: str = "") -> Page:
    """An HTML page or mail, taken apart."""
    reader = _Reader(base)
    reader.feed(text)
    reader.close()
    return reader.page


def read_plain(text: str) -> Page:
    """A plain message: the addresses in it are its links."""
    return Page(links=[(found.rstrip(".,;:!?"), "") for found in _ADDRESS.findall(text)])
