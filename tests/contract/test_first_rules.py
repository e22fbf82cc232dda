"""The rules about the shape of `init` and `run`, without a server."""

from pathlib import Path

import pytest

from scoredock.contract.check import check

INIT = "import joblib\ndef init():\n    pass\n"


def codes(text: str, name: str = "score.py") -> list[str]:
    return [finding.code for finding in check(text, Path(name))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INIT + "def run(data):\n    return 1\n", []),
        (INIT, ["SD103"]),
        ("import joblib\ndef run(data):\n    return 1\n", ["SD102"]),
        ("import joblib\ndef init(x):\n    pass\ndef run(data):\n    return 1\n", ["SD104"]),
        (INIT + "def run():\n    return 1\n", ["SD105"]),
        (INIT + "def run(request_headers):\n    return 1\n", ["SD105"]),
        (INIT + "def run(data, *rest):\n    return 1\n", ["SD106"]),
        (INIT + "def run(data:\n    return 1\n", ["SD101"]),
    ],
)
def test_each_shape_has_its_code(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_a_batch_script_is_left_alone() -> None:
    assert codes("import joblib\ndef init():\n    pass\ndef run(mini_batch, *rest):\n    return [1]\n") == []


def test_a_plain_module_with_a_function_called_run_gets_nothing() -> None:
    assert codes("def run():\n    return {1}\n", "job.py") == []
