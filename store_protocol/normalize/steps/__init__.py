"""The steps of normalization, one file a concern: each is a small function of the event under way."""
