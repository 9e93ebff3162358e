"""The version of the package, in the one place that all others read it from."""

__version__ = "0.2.0"
