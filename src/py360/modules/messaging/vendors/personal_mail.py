"""An e-mail that a person wrote, as bytes. One at a time, so the standard library writes it (RFC 5322, RFC 2045)."""

from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from py360.modules.messaging.links import unsubscribe_url
from py360.modules.messaging.messages import UNSUBSCRIBE_HERE, Admitted, PersonalMail
from py360.modules.messaging.personal_html import html_of, tracked
from py360.modules.messaging.vendors.headers import address_header, text_header
from py360.modules.providers.api import MailSettings


def write_mail(admitted: Admitted, mail: PersonalMail, settings: MailSettings, date: str) -> bytes:
    """The finished e-mail in CRLF lines. Headers are written by the rules of `headers`, so that no text breaks out of its line."""
    outgoing = admitted.outgoing
    message = EmailMessage(policy=SMTP)
    text = outgoing.body or ""
    if mail.unsubscribable:
        text = text.replace(UNSUBSCRIBE_HERE, unsubscribe_url(admitted.message_id))
    message.set_content(text, cte="quoted-printable")
    if html := _html(admitted, mail):
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in mail.files:
        maintype, _, subtype = file.media_type.partition("/")
        message.add_attachment(
            file.content, maintype=maintype, subtype=subtype or "octet-stream", filename=_file_name(file.name)
        )
    head = [
        address_header("From", settings.from_name, settings.from_email),
        *_addresses("To", mail.to),
        *_addresses("Cc", mail.cc),
        text_header("Subject", outgoing.subject or ""),
        f"Date: {date}",
        f"Message-ID: {mail.message_id}",
    ]
    if mail.in_reply_to:
        head.append(f"In-Reply-To: {_clean(mail.in_reply_to)}")
    if mail.references:
        head.append("References: " + "\r\n ".join(_clean(each) for each in mail.references))
    if mail.read_receipt:
        head.append(f"Disposition-Notification-To: {settings.from_email}")
    if mail.auto_replied:
        head.append("Auto-Submitted: auto-replied")
    if mail.unsubscribable:
        head.append(f"List-Unsubscribe: <{unsubscribe_url(admitted.message_id)}>")
        head.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return ("\r\n".join(head) + "\r\n").encode() + message.as_bytes()


def _html(admitted: Admitted, mail: PersonalMail) -> str | None:
    """The HTML part; a mail without one gets it where it is tracked, for only HTML has pictures and links behind words."""
    html = mail.html
    if html and mail.unsubscribable:
        own = escape(unsubscribe_url(admitted.message_id))
        for written in (UNSUBSCRIBE_HERE, UNSUBSCRIBE_HERE.replace("/", "&#x2f;")):  # as templates escape it
            html = html.replace(written, own)
    if not admitted.tracked or not (mail.track_opens or mail.track_clicks):
        return html
    html = html or html_of(admitted.outgoing.body or "")
    return tracked(html, admitted.message_id, opens=mail.track_opens, clicks=mail.track_clicks)


def _addresses(name: str, addresses: tuple[str, ...]) -> list[str]:
    return [f"{name}: " + ",\r\n ".join(_clean(each) for each in addresses)] if addresses else []


def _clean(text: str) -> str:
    return "".join(each for each in text if each > " " and each != "\x7f")


def _file_name(name: str) -> str:
    return "".join(each for each in name if each >= " ").replace("/", "_")[:200] or "file"
