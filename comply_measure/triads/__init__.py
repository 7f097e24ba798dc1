"""Room ``triads``."""
