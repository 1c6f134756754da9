"""What Mailgun sends: the parts of its events that are read (documentation.mailgun.com, "Webhooks" and "Events")."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from py360.kit.vendor import AS_OBJECT, Body, Text


def _domain_name(value: object) -> object:
    return value.get("name") if isinstance(value, dict) else value


class Headers(Body):
    """Headers of the message."""

    message_id: Text = Field("", alias="message-id")


class Message(Body):
    """The message that an event is about."""

    headers: Annotated[Headers, AS_OBJECT] = Headers()


class Envelope(Body):
    """The envelope of the message."""

    sender: Text = ""


class DeliveryStatus(Body):
    """What the recipient's server answered."""

    code: Text = ""
    enhanced_code: Text = Field("", alias="enhanced-code")
    message: Text = ""
    description: Text = ""


class Source(Body):
    """What every event says of where it belongs."""

    id: Text
    domain: Annotated[Text, BeforeValidator(_domain_name)] = ""
    envelope: Annotated[Envelope, AS_OBJECT] = Envelope()
    message: Annotated[Message, AS_OBJECT] = Message()

    @property
    def names(self) -> frozenset[str]:
        """The domains by which the account is found."""
        sender, header = self.envelope.sender, self.message.headers.message_id.strip("<> ")
        domains = (self.domain, header.rpartition("@")[2], sender.rpartition("@")[2])
        return frozenset(domain.lower() for domain in domains if domain)


class Event(Source):
    """An event: `timestamp` in Unix seconds; `severity` and `reason` of a failure."""

    event: Text = ""
    timestamp: float = 0
    recipient: Text = ""
    severity: Text = ""
    reason: Text = ""
    delivery_status: Annotated[DeliveryStatus, AS_OBJECT] = Field(DeliveryStatus(), alias="delivery-status")
