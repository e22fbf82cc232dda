"""Names that look unbound and are not, in every Python that we run on."""

import sys
from pathlib import Path

import pytest

from scoredock.contract.check import check

SHELL = "import joblib\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return answer()\n\n\n"

TEXTS = {
    "future annotations": "from __future__ import annotations\n"
    + SHELL
    + "def answer(x: Nowhere = 1) -> Nothing:\n    return x\n",
    "local annotation": SHELL + "def answer():\n    x: Nowhere = 1\n    return x\n",
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas as pd\n"
    + SHELL
    + "def answer(x: 'pd.X' = 1):\n    return x\n",
    "star unpacking": SHELL + "first, *rest = [1, 2]\n\n\ndef answer():\n    return [first, rest]\n",
    "except name": SHELL + "def answer():\n    try:\n        return 1\n    except ValueError as error:\n        raise error\n",
    "comprehensions": SHELL + "def answer():\n    return [y for x in [[1]] for y in x if (z := y) and z]\n",
    "class body": SHELL
    + "class A:\n    n = 3\n    rows = [0 for _ in range(n)]\n\n    def f(self, n=n):\n        return n\n\n\ndef answer():\n    return A().f()\n",
    "nested function": SHELL + "def answer():\n    def inner():\n        return later\n    later = 1\n    return inner()\n",
    "with and for": SHELL
    + "def answer():\n    with open('/dev/null') as f:\n        for line in f:\n            print(line)\n    return 1\n",
    "lambda": SHELL + "answer = lambda k=1, *a, **b: (k, a, b)\n",
    "dunder": SHELL + "def answer():\n    return [__name__, __file__]\n",
    "global set by a helper": SHELL
    + "def answer():\n    fill()\n    return cache\n\n\ndef fill():\n    global cache\n    cache = 1\n",
    "import in a function": SHELL + "def answer():\n    import os.path\n    return os.path.sep\n",
    "match": SHELL
    + "def answer():\n    match {'a': [1, 2]}:\n        case {'a': [x, *y], **z}:\n            return [x, y, z]\n    return 0\n",
}
BROKEN = ("def run[(data):\n    return 1\n", 'x = f"{x"\n', 'x = f"{x["a"}"\n', "type X\n", "def f(x:\n    pass\n")
NEWER = {
    "type parameters": SHELL + "def answer[T](x: T = 1) -> list[T]:\n    return [x]\n",
    "generic class": SHELL
    + "class Box[T](list[T]):\n    def get(self) -> T:\n        return self[0]\n\n\ndef answer():\n    return Box([1])\n",
    "quotes in an f-string": SHELL + 'def answer(x={\'a\': 1}):\n    return f"{x["a"]}"\n',
    "type alias": SHELL + "type Rows[T] = list[T]\n\n\ndef answer(x: Rows[int] = (1,)):\n    return list(x)\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_no_name_is_missed(name: str) -> None:
    assert [finding.code for finding in check(TEXTS[name], Path("score.py"))] == []


@pytest.mark.parametrize("name", NEWER)
def test_syntax_of_python_3_12(name: str) -> None:
    # An older Python of ours says that it cannot read the text, and that it may be right all the same.
    expected = ["SD100"] if sys.version_info < (3, 12) else []
    assert [finding.code for finding in check(NEWER[name], Path("score.py"))] == expected


@pytest.mark.parametrize("text", BROKEN)
def test_what_no_python_can_read_is_not_taken_for_newer(text: str) -> None:
    assert "SD101" in {finding.code for finding in check(SHELL + text, Path("score.py"))}
