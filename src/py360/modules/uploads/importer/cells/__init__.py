"""What a cell says: texts in one spelling, names, contacts, amounts, dates, and the words of columns with fixed values."""
