"""Lenient conversion: from plain objects, or from what msgspec has typed, to interfaces. It knows none of them."""
