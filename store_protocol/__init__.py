"""Sentry's store endpoint as a library."""
