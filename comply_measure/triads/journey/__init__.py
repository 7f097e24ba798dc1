"""Stages of the customer journey: levels, gaps and agreement of the same informants in several situations."""
