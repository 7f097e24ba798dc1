"""Tables of informants, whatever is measured: a row per informant (long) and a row per unit (wide).

Checks of columns and keys, groups by role, role means taken off, names of wide columns, the way from one shape to
the other. Every room of the survey side calls these; nothing here knows scales.
"""
