"""A model is written into deployment.yml, and everything else stays as it was."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scoredock.models.use_in_deployment import use_path, use_reference
from scoredock.models.values import ModelProblem

HEAD = "# my deployment\nname: blue   # the first\n"
TAIL = "# where the code is\ncode_configuration:\n  code: .\n  scoring_script: score.py\n"


REFERENCE = "model: azureml:digits:3\n"


@pytest.mark.parametrize(
    ("before", "path", "reference"),
    [
        ("", "model:\n  path: m/new.pkl\n", REFERENCE),
        ("model: azureml:old:1\n", "model:\n  path: m/new.pkl\n", REFERENCE),
        ("model: azureml:old:1  # why\n", "model: # why\n  path: m/new.pkl\n", "model: azureml:digits:3  # why\n"),
        ("model:\n  path: old.pkl\n", "model:\n  path: m/new.pkl\n", REFERENCE),
        (
            "model: # ours\n  # on the share\n  path: 'old.pkl'   # trained in May\n  type: custom_model\n\n",
            "model: # ours\n  # on the share\n  path: m/new.pkl   # trained in May\n  type: custom_model\n\n",
            None,
        ),
        ("model:\n    type: custom_model\n", "model:\n    path: m/new.pkl\n    type: custom_model\n", REFERENCE),
        ("model: {path: old.pkl, type: custom_model}\n", "model: {path: m/new.pkl, type: custom_model}\n", REFERENCE),
        ("model: {type: custom_model}\n", "model: {path: m/new.pkl, type: custom_model}\n", REFERENCE),
        ("model:\n", "model:\n  path: m/new.pkl\n", REFERENCE),
        ("model:\n  path:\n", "model:\n  path: m/new.pkl\n", REFERENCE),
    ],
)  # fmt: skip
def test_the_rest_stays(before: str, path: str, reference: str | None) -> None:
    assert use_path(HEAD + before + TAIL, "m/new.pkl") == HEAD + path + TAIL
    if reference is not None:
        assert use_reference(HEAD + before + TAIL, "digits:3") == HEAD + reference + TAIL


def test_comments_inside_a_block_survive_its_replacement() -> None:
    text = HEAD + "model: # ours\n  # on the share\n  path: old.pkl # gone\n  type: custom_model\n" + TAIL
    changed = use_reference(text, "azureml:digits:3")
    assert changed == HEAD + "model: azureml:digits:3 # ours\n  # on the share\n" + TAIL


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    text = "\ufeff" + (HEAD + TAIL).replace("\n", "\r\n")
    assert use_path(text, "m/new.pkl") == "\ufeff" + (HEAD + "model:\n  path: m/new.pkl\n" + TAIL).replace("\n", "\r\n")


def test_a_file_without_line_end_and_an_empty_one() -> None:
    assert use_reference("name: blue", "digits:3") == "name: blue\nmodel: azureml:digits:3\n"
    assert use_path("", "m.pkl") == "model:\n  path: m.pkl\n"


@pytest.mark.parametrize("text", ["model: [\n", "- a\n- b\n", "{name: blue}\n", "base: &b {model: x}\n<<: *b\n"])
def test_what_cannot_be_changed_says_so(text: str) -> None:
    with pytest.raises(ModelProblem):
        use_path(text, "m.pkl")


@given(path=st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30))
def test_any_path_comes_back_as_it_was(path: str) -> None:
    for text in (HEAD + TAIL, HEAD + "model: {path: old}\n" + TAIL, HEAD + "model:\n  path: old # c\n" + TAIL):
        assert yaml.safe_load(use_path(text, path))["model"]["path"] == path
