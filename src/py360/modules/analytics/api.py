"""What entrypoints and tests may call."""

from py360.modules.analytics.service.fold import fold_all, rebuild

__all__ = ["fold_all", "rebuild"]
