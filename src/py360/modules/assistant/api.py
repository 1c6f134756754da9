"""What `wiring` calls: who gives the dashboard's figures, and the labels of mails by the language model."""

from py360.modules.assistant.service.emails import label_mail
from py360.modules.assistant.service.tools import Figures, use_figures

__all__ = ["Figures", "label_mail", "use_figures"]
