"""The HTTP face of the inbox."""

from py360.modules.inbox.routes import accounts, bulk_mail, figures, mails, rules, webhook, work, write
from py360.modules.inbox.routes.base import router

__all__ = ["accounts", "bulk_mail", "figures", "mails", "router", "rules", "webhook", "work", "write"]
