"""Room ``instrument``."""
