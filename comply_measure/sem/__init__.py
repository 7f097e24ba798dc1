"""Room ``sem``."""
