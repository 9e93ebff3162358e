"""A whole event from its JSON text or from plain objects, and what is said of it."""
