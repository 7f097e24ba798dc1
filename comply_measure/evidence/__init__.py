"""Room ``evidence``: one function per topic of the battery, from responses and options to a frozen result."""
