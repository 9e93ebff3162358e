"""What hostile input costs: peak memory beside the limit, and CPU beside the same bytes of ordinary events.

    python -m benchmarks.bounds [--write docs]     measure every row, and print or write the table
    python -m benchmarks.bounds --only TEXT        measure the rows whose name holds TEXT
    python -m benchmarks.bounds --body NAME        write the body of one row to standard output
    python -m benchmarks.bounds.search             look for inputs that cost more, and keep the ten worst

`shapes` says how an input is filled up to a size, `places` finds every place of an event from the schema, `rows` and the
modules beside it have the inputs, `ordinary` what they are held against, and `measure` the measuring.
"""
