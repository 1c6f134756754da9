"""What other modules may call: find a template, compile it, and the values it may use."""

from py360.modules.templates.case_values import case_values, client_values
from py360.modules.templates.compiler import Compiled, MessageLinks, compile, compile_text
from py360.modules.templates.dlt import RegisteredText, registered_texts
from py360.modules.templates.models import Channel, Format, Purpose, Rendered, Template
from py360.modules.templates.seed import seed
from py360.modules.templates.service.count_use import count_use
from py360.modules.templates.service.find import find
from py360.modules.templates.sms import Segments, segments
from py360.modules.templates.variables import Value, canonical, fold_values, write, write_text

__all__ = [
    "Channel",
    "Compiled",
    "Format",
    "MessageLinks",
    "Purpose",
    "RegisteredText",
    "Rendered",
    "Segments",
    "Template",
    "Value",
    "canonical",
    "case_values",
    "client_values",
    "compile",
    "compile_text",
    "count_use",
    "find",
    "fold_values",
    "registered_texts",
    "seed",
    "segments",
    "write",
    "write_text",
]
