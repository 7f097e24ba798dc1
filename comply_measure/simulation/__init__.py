"""Room ``simulation``."""
