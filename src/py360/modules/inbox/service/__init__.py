"""The verbs of the inbox: connect a mailbox, work on a mail, write one, keep rules and folders."""
