"""The verbs of cases: open, assign, edit, move, lapse, message, undo an import."""
