"""Decode recorded requests of fourteen years of clients, and show what became of each."""

from pathlib import Path

from rich.console import Console

from store_protocol.cli.decode import print_cards

REQUESTS = Path(__file__).parent / "requests"

if __name__ == "__main__":
    console = Console()
    console.print("Requests as real clients sent them, byte for byte; the last one was cut off on its way.\n")
    print_cards(sorted(REQUESTS.iterdir()), console=console)
