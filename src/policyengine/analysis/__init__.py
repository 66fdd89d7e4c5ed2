"""What can be said of a program without asking it: where it changes its mind, and for whom two differ."""
