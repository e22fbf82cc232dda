"""One file for each rule: `RULE` says who it is, `check(script)` yields what it finds. A new file is found by itself."""
