"""What notifications takes over the wire."""

from py360.kit.wire import Schema


class Preferences(Schema):
    """How one wants to be told besides in the application."""

    email_notifications: bool = True
    sms_notifications: bool = False
