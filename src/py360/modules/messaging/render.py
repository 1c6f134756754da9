"""A message as it leaves: its template or its own text, with the links of this message."""

from dataclasses import dataclass

from py360.modules.messaging.links import click_url, open_url, short_url, unsubscribe_url
from py360.modules.messaging.messages import Outgoing
from py360.modules.templates.api import Channel, Compiled, compile, compile_text


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one message (`templates.MessageLinks`). Text messages get short ones, for every character is paid for."""

    message_id: int
    channel: Channel
    tracked: bool = True

    def open(self) -> str:
        """Of the open pixel."""
        return open_url(self.message_id) if self.tracked else ""

    def unsubscribe(self) -> str:
        """Of the unsubscribe page."""
        return unsubscribe_url(self.message_id)

    def click(self, url: str) -> str:
        """Of a link in the message."""
        if not self.tracked:
            return url
        return click_url(self.message_id, url) if self.channel == "email" else short_url(self.message_id, url)


def compile_message(outgoing: Outgoing) -> Compiled:
    """What carries a message: its template, or for a one-off its own subject and body."""
    if outgoing.template is not None:
        return compile(outgoing.template)
    return compile_text(outgoing.channel, outgoing.subject or "", outgoing.body or "")


def text_of(outgoing: Outgoing, message_id: int, tracked: bool) -> str:
    """The text of an SMS as it leaves: the links in it carry the message's number."""
    if outgoing.template is None:
        return outgoing.body or ""
    links = Links(message_id, outgoing.channel, tracked)
    return compile(outgoing.template).message(links, outgoing.values).text
