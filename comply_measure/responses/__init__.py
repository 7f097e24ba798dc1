"""Room ``responses``."""
