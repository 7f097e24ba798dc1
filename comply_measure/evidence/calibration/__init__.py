"""How often verdicts are right: many studies of populations whose truth is known."""
