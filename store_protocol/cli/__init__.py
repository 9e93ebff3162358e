"""The `store-protocol` command."""

import sys


def main() -> None:
    """Run the command; without the packages of the extra `cli`, say which one to install."""
    try:
        from store_protocol.cli.commands import cli  # noqa: PLC0415  (needs the extra)
    except ModuleNotFoundError as error:
        if error.name not in {"click", "h11", "rich", "urllib3"}:
            raise
        sys.exit(f"store-protocol: {error.name} is missing: pip install 'store-protocol[cli]'")
    cli()
