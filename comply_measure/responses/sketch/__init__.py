"""What a file of answers looks like before anybody has said what it is."""
