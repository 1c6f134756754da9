"""Contacts of customers are verified by the customer: e-mail by a link, phone by a one-time code, PAN by its form and class."""
