"""Problems of templates."""

from py360.kit.errors import Invalid


class TemplateInvalid(Invalid):
    """The template cannot be saved."""

    default_code = "template_invalid"
