"""Entry scripts are found however their functions come to be there, and nothing else is."""

from __future__ import annotations

import pytest

from scoredock.project.entry_scripts import literals_of, looks_like_entry_script

RUN = "\ndef run(raw_data):\n    return raw_data\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def init():\n    pass\n" + RUN, True),
        ("async def init():\n    pass\n" + RUN, True),
        ("class Service:\n    def start(self): pass\ninit = Service().start\n" + RUN, True),
        ("from start import init\n" + RUN, True),
        ("from start import (\n    init,\n    other,\n)\n" + RUN, True),
        ("from start import begin as init\n" + RUN, True),
        ("def init():\n    pass\n\ndef run(raw_data:\n", True),
        ("def init():\n    pass\n\ndef run(mini_batch):\n    return []\n", False),
        ("def init():\n    pass\n\ndef run(data, mini_batch_context):\n    return []\n", False),
        ("def init():\n    pass\n\ndef run(mini_batch:\n", False),
        ("def __init__(self):\n    pass\n" + RUN, False),
        ("class Service:\n    def init(self): pass\n    def run(self): pass\n", False),
        ("def init():\n    pass\n", False),
        ("# def init() and def run()\n", False),
        ("", False),
    ],
)
def test_what_looks_like_an_entry_script(text: str, found: bool) -> None:
    assert looks_like_entry_script(text) is found


def test_literals_are_read_also_while_one_types() -> None:
    assert "model/x.pkl" in literals_of("path = os.path.join(root, 'model/x.pkl')\n")
    assert "model/x.pkl" in literals_of("path = os.path.join(root, 'model/x.pkl'\n")
