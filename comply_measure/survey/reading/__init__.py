"""What survey tools return, read by the plan's own ids."""
