"""The HTML of mails that people write: a text as HTML, and our addresses in it."""

from html import unescape

import pytest

from py360.modules.messaging.links import Link, read_click, read_open
from py360.modules.messaging.personal_html import html_of, tracked


def test_text_becomes_html_that_says_the_same() -> None:
    text = "Dear <Asha> & Ravi,\nread https://insurer.example/a?b=1&c=2, please."
    html = html_of(text)
    assert html == (
        "<div>Dear &lt;Asha&gt; &amp; Ravi,<br>read"
        ' <a href="https://insurer.example/a?b=1&amp;c=2">https://insurer.example/a?b=1&amp;c=2</a>, please.</div>'
    )


@pytest.mark.parametrize(
    ("html", "targets"),
    [
        ('<a href="https://x.example/?a=1&amp;b=2">x</a>', ["https://x.example/?a=1&b=2"]),
        ('<a class="b" href="http://x.example" title="y">x</a> <a href="https://z.example">z</a>', ["http://x.example", "https://z.example"]),
        ('<a href="mailto:a@x.example">m</a><a href="tel:112">t</a><a name="top">n</a>', []),
        ('<p title="<a href=">href="https://x.example"</p>', []),
    ],
)  # fmt: skip
def test_web_links_lead_through_ours_and_others_stay(html: str, targets: list[str]) -> None:
    made = tracked(html, 7, opens=False, clicks=True)
    tokens = [each.partition('"')[0] for each in made.split("/api/track/click/")[1:]]
    assert [read_click(unescape(each)) for each in tokens] == [Link(7, target, counts_each=True) for target in targets]
    if not targets:
        assert made == html


def test_pixel_names_its_message() -> None:
    made = tracked("<p>x</p>", 7, opens=True, clicks=False)
    token = made.partition("/api/track/open/")[2].partition('"')[0]
    assert read_open(token) == Link(7, counts_each=True)


def test_long_html_is_read_in_time() -> None:
    assert tracked("<a " * 200_000, 7, opens=False, clicks=True) == "<a " * 200_000
