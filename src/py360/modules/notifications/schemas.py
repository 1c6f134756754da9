"""What the API of notifications takes."""

from py360.kit.wire import Schema


class Preferences(Schema):
    """How a user wants to be notified outside the application."""

    email_notifications: bool = True
    sms_notifications: bool = False
