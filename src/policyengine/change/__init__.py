"""What a change of policies means: what differs between two programs, whom it hits, what it costs."""
