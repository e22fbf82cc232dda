"""Entry script text and facts -> findings. Pure: no I/O, no clock, no user code.

What other rooms call: `check(text, path, facts)` in `contract.check`, and `explain(code)` for a rule's page.
"""
