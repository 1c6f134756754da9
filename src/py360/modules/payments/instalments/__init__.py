"""What a case's customer pays when: instalments, plans, and the reminders of those that fall due."""
