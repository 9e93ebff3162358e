"""Cutting what is too long: told cheaply where there is nothing to cut, and done with an account to the byte elsewhere."""
