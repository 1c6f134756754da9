"""What `wiring` calls: who gives the dashboard's figures."""

from py360.modules.assistant.service.tools import Figures, use_figures

__all__ = ["Figures", "use_figures"]
