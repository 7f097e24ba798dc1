"""The one dictionary of what tables print: heading, format, symbol, meaning and source of every quantity."""
