"""Models of several kinds, trained once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="session")
def data() -> tuple[Any, Any]:
    dice = np.random.default_rng(0)
    inputs = dice.random((120, 5))
    return inputs, np.array(["no", "yes"])[(inputs[:, 0] > 0.5).astype(int)]


@pytest.fixture(scope="session")
def estimators(data: tuple[Any, Any]) -> dict[str, Any]:
    inputs, labels = data
    pipeline = Pipeline([("scale", StandardScaler()), ("classify", LogisticRegression())]).fit(inputs, labels)
    return {
        "logistic": LogisticRegression().fit(inputs, labels),
        "pipeline": pipeline,
        "forest": RandomForestClassifier(12, random_state=0).fit(inputs, labels),
        "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3).fit(inputs, labels),
        "dict": {"model": pipeline, "threshold": 0.5},
    }


@pytest.fixture(scope="session")
def forest_file(estimators: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("forest") / "forest.joblib"
    joblib.dump(estimators["forest"], file)
    return file
