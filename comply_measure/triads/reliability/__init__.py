"""Reliability of unit scores: one-way and two-way intraclass correlations, generalizability study, WABA."""
