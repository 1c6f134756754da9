"""Figures of the renewals office: the dashboard, its roll-ups, the MIS export, composed metrics."""
