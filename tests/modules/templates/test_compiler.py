"""What templates become: links and values in them, text beside the HTML, and the limits that keep them harmless."""

import contextlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from py360.modules.templates.compiler import compile, compile_text, unify
from py360.modules.templates.compiler.lint import lint
from py360.modules.templates.dlt import RegisteredText
from py360.modules.templates.errors import TemplateInvalid
from py360.modules.templates.models import Template
from py360.modules.templates.sms import segments

VALUES = {"policy_number": "HNT/12 A&B", "customer_name": "A&B Sons", "payment_link": "https://pay.example/p/1.2"}


@dataclass
class Links:
    """Links of one message, which remember where they lead."""

    targets: list[str] = field(default_factory=list)

    def open(self) -> str:
        return "https://t.example/open"

    def unsubscribe(self) -> str:
        return "https://t.example/stop"

    def click(self, url: str) -> str:
        self.targets.append(url)
        return f"https://t.example/l/{len(self.targets) - 1}"


def template(channel: str, content: str, format: str = "text", subject: str | None = None) -> Template:
    return Template(1, 1, "t", channel, "general", subject, content, format)


def sent(channel: str, content: str, format: str = "text", **values: str) -> tuple[str, list[str]]:
    """The text (the HTML of an e-mail) as it leaves, and where its links lead."""
    links = Links()
    rendered = compile(template(channel, content, format, "x")).message(links, VALUES | values)
    return rendered.html or rendered.text, links.targets


@pytest.mark.parametrize(
    ("content", "target", "rest"),
    [
        ("See https://portal.example/p/{{policy_number}} now", "https://portal.example/p/HNT/12%20A%26B", "See * now"),
        ("See https://portal.example/?p={{policy_number}}", "https://portal.example/?p=HNT/12%20A%26B", "See *"),
        ("See https://portal.example/?p={{policy_number}}.", "https://portal.example/?p=HNT/12%20A%26B", "See *."),
        ("https://a.in/{{policy_number}}/{{name}}?x=1!", "https://a.in/HNT/12%20A%26B/A%26B%20Sons?x=1", "*!"),
        ("https://a.in/?n={{name|upper}}&x=1", "https://a.in/?n=A%26B%20SONS&x=1", "*"),
        ("{{payment_link}}", "https://pay.example/p/1.2", "*"),
        ("Pay: {{payment_link}}.", "https://pay.example/p/1.2", "Pay: *."),
        ("Pay ({{payment_link}})?", "https://pay.example/p/1.2", "Pay (*)?"),
        ("*{{payment_link}}*", "https://pay.example/p/1.2", "***"),
        ("{{payment_link}}?from=sms, thanks", "https://pay.example/p/1.2?from=sms", "*, thanks"),
        ("{{payment_link}}/{{name}}", "https://pay.example/p/1.2/A%26B%20Sons", "*"),
        ("https://a.in/?next={{payment_link}}", "https://a.in/?next=https%3A//pay.example/p/1.2", "*"),
        ("Dear {{name}}https://a.in/x", "https://a.in/x", "Dear A&B Sons*"),
        ("{% if name %}https://a.in/x{% endif %}", "https://a.in/x", "*"),
        ("See https://portal.example/o'hara now", "https://portal.example/o'hara", "See * now"),
        ("See 'https://portal.example/x' now", "https://portal.example/x", "See '*' now"),
        ("See https://portal.example/wiki/A_(b) now", "https://portal.example/wiki/A_(b)", "See * now"),
        ("(https://portal.example/help),", "https://portal.example/help", "(*),"),
        ("[https://portal.example/help]", "https://portal.example/help", "[*]"),
        ("देखें https://portal.example/pay।", "https://portal.example/pay", "देखें *।"),
        ("https://portal.example/pay।अभी", "https://portal.example/pay", "*।अभी"),
        ("Seen https://portal.example/pay?", "https://portal.example/pay", "Seen *?"),
        ("“https://portal.example/pay”!", "https://portal.example/pay", "“*”!"),
        ("https://portal.example/pay!!!", "https://portal.example/pay", "*!!!"),
        ("*https://portal.example/pay*", "https://portal.example/pay", "***"),
        ("See https://portal.example/s?f[name]=1 now", "https://portal.example/s?f[name]=1", "See * now"),
        ("See https://portal.example/s?a=1&copy=2#top now", "https://portal.example/s?a=1&copy=2#top", "See * now"),
        ("HTTPS://Portal.example/Pay...", "HTTPS://Portal.example/Pay", "*..."),
        ("http://127.0.0.1:8360/p/a.b;", "http://127.0.0.1:8360/p/a.b", "*;"),
    ],
)
def test_an_address_ends_where_readers_end_it(content: str, target: str, rest: str) -> None:
    for channel in ("sms", "email"):
        body, targets = sent(channel, content)
        assert [each.lower() for each in targets] == [target.lower()], channel
        if channel == "sms":
            assert body.replace("https://t.example/l/0", "*") == rest
        else:
            assert 'href="https://t.example/l/0"' in body


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ('<p><a href="https://a.in/?n={{name}}&x=1">go</a></p>', "https://a.in/?n=A%26B%20Sons&x=1"),
        ('<p><a href="https://a.in/?a=1&amp;b=2#f">go</a></p>', "https://a.in/?a=1&b=2#f"),
        ("<p><a class=x href='https://a.in/(x)'>go</a></p>", "https://a.in/(x)"),
        ('<p><A HREF="{{ payment_link }}">go</A></p>', "https://pay.example/p/1.2"),
        ('<p><a href="{{payment_link}}?x={{name}}">go</a></p>', "https://pay.example/p/1.2?x=A%26B%20Sons"),
        (
            '<a href="{% if name %}{{payment_link}}{% else %}https://a.in/{% endif %}">go</a>',
            "https://pay.example/p/1.2",
        ),
        (
            "<mjml><mj-body><mj-section><mj-column><mj-button href='https://a.in/{{policyNo}}'>go</mj-button>"
            "</mj-column></mj-section></mj-body></mjml>",
            "https://a.in/HNT/12%20A%26B",
        ),
    ],
)
def test_links_of_html_lead_where_the_author_points(content: str, target: str) -> None:
    page, targets = sent("email", content, "mjml" if content.startswith("<mjml") else "html")
    assert targets[0] == target
    assert 'href="https://t.example/l/0"' in page


def test_a_value_that_is_no_address_leads_nowhere() -> None:
    page, targets = sent("email", '<a href="{{update_message}}">x</a>', "html", update_message="javascript:alert(1)")
    assert targets == []
    assert 'href=""' in page


def test_an_untracked_address_cannot_leave_its_attribute() -> None:
    compiled = compile(template("email", '<a href="{{payment_link}}">x</a>', "html", "x"))
    page = compiled.render({"payment_link": 'https://a.in/"><script>'}).html or ""
    assert "<script>" not in page


@pytest.mark.parametrize("format", ["text", "html"])
def test_the_text_beside_the_html_has_plain_addresses(format: str) -> None:
    content = "Pay here: {{payment_link}}\n" if format == "text" else "<p>Please <a href='{payment_link}'>pay</a>.</p>"
    links = Links()
    text = compile(template("email", content, format, "x")).message(links, VALUES).text
    pay = VALUES["payment_link"]
    assert text.startswith(f"Pay here: {pay}\n" if format == "text" else f"Please pay <{pay}>.")
    assert re.findall(r"https?://[^\s<>\"]+", text) == [pay, "https://t.example/stop"]
    assert "](" not in text


def test_words_that_are_the_address_are_told_once() -> None:
    content = (
        "<p>At <a href='https://a.in/x'><b>https://a.in/x</b></a></p><p><a href='{payment_link}'>{payment_link}</a></p>"
    )
    text = compile(template("email", content, "html", "x")).message(Links(), VALUES).text
    assert text.startswith("At https://a.in/x\n")
    assert text.count(VALUES["payment_link"]) == 1


def test_a_missing_value_takes_its_fallback_on_every_channel() -> None:
    content = (
        "Dear {{ agent_name|default('our team') }}, {{customer_name|upper}}{% if branch %} of {{branch}}{% endif %}!"
    )
    for blank in ({}, {"agent_name": None}, {"agent_name": " "}):
        values: dict[str, Any] = {"customer_name": "Asha", **blank}
        for channel in ("email", "sms", "whatsapp"):
            compiled = compile(template(channel, content, subject="{{ agent_name|default('Hi') }}"))
            assert compiled.render(values).text.startswith("Dear our team, ASHA!"), channel
            assert channel != "email" or compiled.render(values).subject == "Hi"
        assert compiled.parameters(Links(), values) == ["our team", "ASHA", ""]


def test_a_value_with_a_fallback_is_not_missed() -> None:
    content = (
        "{{ agent_name|default('x') }} {{ branch|d('y') }} {{ customer_name }} {% if payment_date %}paid{% endif %}"
    )
    assert compile(template("sms", content)).needed == ("customer_name",)


def test_whatsapp_takes_values_with_their_filters_and_conditions_as_a_whole() -> None:
    content = (
        "Hello {{ customer_name|upper }}, {% if agent_name %}your agent is {{agent_name}}{% else %}we are here{% endif %}."
        " {{customer_name}} pays at {{payment_link}} or https://a.in/{{policy_number}}, {{customer_name}}"
    )
    links = Links()
    parameters = compile(template("whatsapp", content)).parameters(links, VALUES)
    assert parameters == ["A&B SONS", "we are here", "A&B Sons", "https://t.example/l/0", "HNT/12%20A%26B"]
    assert links.targets[0] == VALUES["payment_link"]


@pytest.mark.parametrize(
    "content",
    [
        "{{ customer_name|safe }}",
        "{% autoescape false %}{{ name }}{% endautoescape %}",
        "{% for c in name %}{{ c }}{% endfor %}",
        "{% set x = name %}",
        "{{ name * 1000000000 }}",
        "{{ range(1000000) }}",
        "{{ name|indent(1000000000) }}",
        "{{ name.__class__ }}",
        "{{ name.upper() }}",
        "{{ name",
        "{% if name %}",
        "{% endif %}",
        "{{ '" + "x" * 1_000 + "' }}",
        "{{ " + "(" * 50 + "name" + ")" * 50 + " }}",
        "{{ " + "not " * 200_000 + "name }}",
        "{{ name" + "|upper" * 100_000 + " }}",
        "{% if name %}" * 100_000,
        "{% if name %}" + "{% elif name %}a" * 20_000 + "{% endif %}",
    ],
    ids=lambda content: content[:30],
)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_code_that_could_grow_or_break_out_is_refused_with_a_sentence(channel: str, content: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        lint(template(channel, content, subject="x"))
    assert refused.value.code in {"template_syntax", "template_too_large", "unknown_variable"}
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        "<div>" * 50_000,
        "<mjml><mj-body>" + "<mj-section><mj-column>" * 5_000,
        "<mjml><mj-body><mj-section><mj-column><mj-text>" + "<div>" * 20_000,
        "<table>" * 20_000,
        "<p>x</p>" * 30_000,
        "<a " + "b='c' " * 10_000 + ">",
    ],
    ids=lambda content: content[-20:],
)
def test_markup_that_is_too_deep_or_too_much_is_refused_with_a_sentence(content: str) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        lint(template("email", content, "mjml" if content.startswith("<mjml") else "html", "x"))
    assert refused.value.code == "template_too_large"


HOSTILE = [
    "{{" * 10_000,
    "{{ a" * 5_000,
    "{" * 20_000,
    "[" * 20_000,
    "{a" * 10_000,
    "[A" * 10_000,
    "{#" * 10_000,
    "{%" * 10_000,
    "<a " * 6_000,
    "<a href='" * 2_000,
    "<!--" * 5_000,
    "</style" * 3_000,
    "<style>" * 3_000,
    "https://" * 2_500,
    "https://a.in/" + "(" * 20_000,
    "https://a.in/?" + "x'" * 10_000,
    ("https://a.in/" + "['" * 1_000 + " ") * 10,
    "</body" * 3_000,
    "\n" * 20_000,
    " " * 20_000 + "x",
    "{{ name }}" * 2_000,
    "{{ payment_link }}/" * 2_000,
    "{{ name | " + " " * 19_000,
]


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: content[:12])
@pytest.mark.parametrize("format", ["text", "html", "sms", "whatsapp"])
def test_hostile_texts_are_compiled_or_refused(content: str, format: str) -> None:
    """Each of these took seconds to minutes with patterns that go back; nothing here measures time, the suite's limit does."""
    channel = format if format in {"sms", "whatsapp"} else "email"
    made = template(channel, content, format if channel == "email" else "text", "x")
    with contextlib.suppress(TemplateInvalid):
        compile(made).render(VALUES)
    compile_text(channel, "x", content).render({})


@settings(deadline=None)
@given(st.text(st.sampled_from("{}[]%#|'\"<>a /=!-.\\"), max_size=60))
def test_any_text_is_read_or_refused(content: str) -> None:
    try:
        source = unify(content)
    except TemplateInvalid:
        return
    if not source.variables and not source.unknown and "{" not in content and "[" not in content:
        assert source.text == content


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_one_off_text_arrives_as_it_is_written(body: str) -> None:
    rendered = compile_text("sms", "", body).render({}).text
    assert rendered.rstrip("\r\n") == body.rstrip("\r\n")


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("]" * 153, "GSM-7", 3),
        ("a" * 306, "GSM-7", 2),
        ("a" * 158 + "€", "GSM-7", 1),
        ("न" * 66 + "😀" + "न" * 66, "UCS-2", 3),
        ("😀" * 67, "UCS-2", 3),
        ("😀" * 35, "UCS-2", 1),
        ("न" * 134, "UCS-2", 2),
    ],
)
def test_a_character_of_two_units_is_never_cut(text: str, encoding: str, parts: int) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.parts) == (encoding, parts)


@settings(deadline=None)
@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=400))
def test_parts_hold_their_characters(text: str) -> None:
    counted = segments(text)
    each = 153 if counted.encoding == "GSM-7" else 67
    assert counted.parts == 1 or counted.units <= counted.parts * each
    assert counted.parts == 1 or counted.units > (counted.parts - 1) * (each - 1)


@pytest.mark.parametrize(
    ("registered", "text", "matches"),
    [
        ("Dear {#var#}, pay {#var#} now", "Dear Asha, pay Rs 5 now", True),
        ("Dear {{name}}, pay {{amount}} now", "Dear Asha, pay Rs 5 now", True),
        ("Dear {{name}}, pay {{amount}} now", "Dear Asha, pay Rs 5 now!", False),
        ("Dear {{name}}", "Dear " + "x" * 60, True),
        ("Dear {{name}}", "Dear " + "x" * 61, False),
        ("{{name}}{{branch}}", "x" * 120, True),
        ("{{name}}{{branch}}", "x" * 121, False),
        ("a{{name}}b{{name}}b", "a1b2b3b", True),
        ("Same", "Same", True),
        ("Same", "Sam", False),
        ("{{name}}", "", True),
    ],
)
def test_a_text_is_matched_with_its_registered_form(registered: str, text: str, matches: bool) -> None:
    assert RegisteredText.of(registered).matches(text) is matches


def test_matching_many_values_does_not_explode() -> None:
    registered = RegisteredText.of(" ".join(["{{name}}"] * 40) + "!")
    assert not registered.matches("a " * 1_000)
    assert not RegisteredText.of("{{name}}" * 60 + "!").matches("a" * 4_000)


@pytest.mark.parametrize(
    ("content", "variables", "unknown"),
    [
        ("{{ Customer Name }} {{customer-name}}", ("customer_name",), ()),
        ("{% if agentName %}x{% endif %}", ("agent_name",), ()),
        ("{{ customerName if agentName else 'x' }}", ("customer_name", "agent_name"), ()),
        ("{{ shoe size }} {foo} [Bar Baz]", (), ("shoe size", "foo")),
        ("{# a remark #}{name}", ("customer_name",), ()),
        ("@media print{#top{color:red}}", (), ()),
    ],
)
def test_variables_are_known_in_every_spelling(
    content: str, variables: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    source = unify(content)
    assert (source.variables, source.unknown) == (variables, unknown)


def test_entities_never_become_code() -> None:
    page, _ = sent("email", "<p>&#123;&#123; name &#125;&#125;</p>", "html")
    assert "A&amp;B" not in page
    assert unicodedata.normalize("NFC", page).count("{{ name }}") == 1
