"""The figures: each row times us and a peer (or a floor) in turn, in the same run, and reports the ratio.

A row is one module beside this one with `ROW` (or `ROWS`). `npm run bench` prints one table; a missed bar is reported as
missed. Absolute times vary on shared machines; ratios of neighbouring rounds do not.
"""
