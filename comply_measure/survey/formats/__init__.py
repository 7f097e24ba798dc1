"""A file per survey tool: from a sheet to what the tool takes in."""
