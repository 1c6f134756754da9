"""Problems of this module."""

from py360.kit.errors import Conflict, Invalid


class NoTransport(Conflict):
    """Messages cannot be sent through this vendor yet."""

    default_code = "vendor_not_available"


class TemplateInvalid(Invalid):
    """The template cannot be saved."""

    default_code = "template_invalid"
