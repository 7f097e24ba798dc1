"""Room ``measurement``."""
