"""Mail that leaves: written by people, sent by the system, and bulk mail."""
