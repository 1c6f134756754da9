"""From a template's text to messages: its syntax, its limits, its links, the finished HTML and the text beside it."""

from py360.modules.templates.compiler.compile import Compiled, MessageLinks, compile, compile_text
from py360.modules.templates.compiler.syntax import unify

__all__ = ["Compiled", "MessageLinks", "compile", "compile_text", "unify"]
