"""Two versions of a program: what differs, in which policy, in words."""
