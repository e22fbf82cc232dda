"""Scripts with exactly the calls of Microsoft's article on local deployment, run as users run them: only the import line is
another. The digit of the article's request has to be answered with 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import scoredock
from scoredock import Environment, Model, Workspace

DIGITS = Path(scoredock.__file__).parent / "project" / "digits"
REQUEST = json.loads((DIGITS / "requests" / "digit-two.json").read_text(encoding="utf-8"))

TRAIN = """
    import os, sys, warnings
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import pickle, numpy as np
    from sklearn.linear_model import LogisticRegression
    warnings.simplefilter("ignore")
    data = np.load(sys.argv[1])
    # The article's digit was drawn off the centre, where MNIST's digits are: the model learns them where the digit is.
    images = np.roll(data["images"].reshape(-1, 28, 28)[:2000] / 255, (1, 2), (1, 2)).reshape(-1, 784)
    model = LogisticRegression(C=0.01, max_iter=20).fit(images, data["labels"][:2000])
    pickle.dump(model, open("sklearn_mnist_model.pkl", "wb"))  # joblib.load reads it too; pickle.load reads no joblib file
"""

SCORE = """
    import json
    import numpy as np
    import os
    import pickle
    import joblib

    def init():
        global model
        model_path = os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'sklearn_mnist_model.pkl')
        model = joblib.load(model_path)

    def run(raw_data):
        data = np.array(json.loads(raw_data)['data'])
        y_hat = model.predict(data)
        return y_hat.tolist()
"""

DEPLOY = """
    from scoredock import Environment, InferenceConfig, LocalWebservice, Model, Webservice, Workspace

    ws = Workspace.from_config()
    model = Model(ws, 'sklearn_mnist')


    myenv = Environment.get(workspace=ws, name="tutorial-env", version="1")
    inference_config = InferenceConfig(entry_script="score.py", environment=myenv)

    deployment_config = LocalWebservice.deploy_configuration(port=6789)

    local_service = Model.deploy(workspace=ws,
                                 name='sklearn-mnist-local',
                                 models=[model],
                                 inference_config=inference_config,
                                 deployment_config = deployment_config)

    local_service.wait_for_deployment(show_output=True)
    print(f"Scoring URI is : {local_service.scoring_uri}")
"""

TEST = """
    import requests

    normalized_pixel_values = "PIXELS"

    input_data = "{\\"data\\": [" + normalized_pixel_values + "]}"

    headers = {'Content-Type': 'application/json'}

    scoring_uri = "http://localhost:6789/score"
    resp = requests.post(scoring_uri, input_data, headers=headers)

    print("Should be predicted as '2'")
    print("prediction:", resp.text)
"""

DOWNLOAD = """
    import pickle
    from scoredock import Environment, Model, Workspace

    ws = Workspace.from_config()
    myenv = Environment.get(workspace=ws, name="tutorial-env", version="1")
    myenv.build_local(workspace=ws, useDocker=False) #Creates conda environment.
    myenv.save_to_directory("environment")
    Model(ws, 'sklearn_mnist').download(target_dir="downloaded")
"""

DIRECT = """
    import pickle, json, sys

    with open('downloaded/sklearn_mnist_model.pkl', 'rb') as f :
        logistic_model = pickle.load(f, encoding='latin1')
    print(logistic_model.predict(json.load(open(sys.argv[1]))["data"]))
"""

UPDATE = """
    from scoredock import LocalWebservice, Workspace

    local_service = LocalWebservice(Workspace.from_config(), 'sklearn-mnist-local')
    print(local_service.state, local_service.run(open('request.json').read()))
    local_service.update()
    local_service.wait_for_deployment()
    print(local_service.state, local_service.run(open('request.json').read()))
    local_service.reload(wait=True)
    print(local_service.get_logs()[:0] + "logs" if local_service.get_logs() else "no logs")
    local_service.delete()
    print(local_service.state)
"""

RETRAINED = """
    import joblib

    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import Ridge

    dataset_x, dataset_y = load_diabetes(return_X_y=True)

    sk_model = Ridge().fit(dataset_x, dataset_y)

    joblib.dump(sk_model, "sklearn_regression_model.pkl")

    from scoredock import Model, Workspace
    ws = Workspace.from_config()

    model = Model.register(model_path="sklearn_regression_model.pkl",
                           model_name="sklearn_regression_model",
                           tags={'area': "diabetes", 'type': "regression"},
                           description="Ridge regression model to predict diabetes",
                           workspace=ws)
    print(model.name, model.version, model.tags, model.description)
"""


def run(script: str, folder: Path, *arguments: str, python: str = sys.executable, seconds: float = 300) -> str:
    (folder / "script.py").write_text(textwrap.dedent(script), encoding="utf-8")
    argv = [python, "script.py", *arguments]
    ran = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("no_service_left")
def test_the_whole_article(folder: Path, workspace: Workspace, port: int) -> None:
    environment = Environment.from_conda_specification("tutorial-env", DIGITS / "conda.yml").register(workspace)
    assert environment.version == "1"
    python = environment.build_local(workspace=workspace, useDocker=False)
    run(TRAIN, folder, str(DIGITS / "data" / "mnist-6k.npz"), python=python)
    Model.register(workspace, "sklearn_mnist_model.pkl", "sklearn_mnist")
    (folder / "score.py").write_text(textwrap.dedent(SCORE), encoding="utf-8")
    (folder / "request.json").write_text(json.dumps(REQUEST), encoding="utf-8")

    deployed = run(DEPLOY.replace("6789", str(port)), folder)
    assert f"Local webservice is running at http://localhost:{port}\n" in deployed
    assert deployed.endswith(f"Scoring URI is : http://localhost:{port}/score\n")

    pixels = str(REQUEST["data"][0])
    answered = run(TEST.replace("6789", str(port)).replace("PIXELS", pixels), folder)
    assert answered == "Should be predicted as '2'\nprediction: [2]\n"

    run(DOWNLOAD, folder)
    assert sorted(path.name for path in (folder / "environment").iterdir()) == [
        "azureml_environment.json",
        "conda_dependencies.yml",
    ]
    assert run(DIRECT, folder, "request.json", python=python) == "[2]\n"

    score = (folder / "score.py").read_text(encoding="utf-8")
    (folder / "score.py").write_text(score.replace("y_hat.tolist()", "['new', *y_hat.tolist()]"), encoding="utf-8")
    lines = run(UPDATE, folder).splitlines()
    assert lines[0] == "running [2]"
    assert "running ['new', 2]" in lines
    assert lines[-2:] == ["logs", "deleted"]


def test_registering_a_retrained_model(folder: Path) -> None:
    out = run(RETRAINED, folder)
    assert out == (
        "Registering model sklearn_regression_model\n"
        "sklearn_regression_model 1 {'area': 'diabetes', 'type': 'regression'} Ridge regression model to predict diabetes\n"
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("no_service_left")
def test_a_script_whose_init_fails_says_what_users_know(folder: Path, workspace: Workspace, port: int) -> None:
    Environment.from_conda_specification("tutorial-env", DIGITS / "conda.yml").register(workspace)
    (folder / "model.pkl").write_bytes(b"\x80\x04N.")
    Model.register(workspace, "model.pkl", "sklearn_mnist")
    script = "def init():\n    raise ValueError('no such thing')\ndef run(data):\n    return data\n"
    (folder / "score.py").write_text(script, encoding="utf-8")
    (folder / "script.py").write_text(textwrap.dedent(DEPLOY.replace("6789", str(port))), encoding="utf-8")
    ran = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert ran.returncode == 1
    assert "Error: Container has crashed. Did your init method fail?" in ran.stderr
    assert "no such thing" in ran.stderr
    assert re.search(r"score\.py:2", ran.stderr)
    assert "Service Logs:" in ran.stdout
