"""What a service has installed, beside what the file says by now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scoredock.environment.drift import State as Standing
from scoredock.environment.drift import compare
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sync import sync
from scoredock.hosting.installed import installed_in
from scoredock.hosting.values import Service, ServiceProblem, State


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_file_that_was_edited_differs_from_the_service_that_runs(tmp_path: Path) -> None:
    path = tmp_path / "conda.yml"
    path.write_text("dependencies: [python=3.11, pip, {pip: [six==1.16.0]}]\n")
    ready = await sync(read_environment_file(path))
    service = Service("digits", "process", State.HEALTHY, 1, path, tmp_path / "score.py", ready.key, 0.0, "1:1")
    installed = await installed_in(service)
    assert compare(read_environment_file(path), installed, ()).state is Standing.IN_SYNC
    path.write_text("dependencies: [python=3.11, pip, {pip: [six==1.17.0]}]\n")
    (line,) = compare(read_environment_file(path), installed, ()).lines
    assert line.state is Standing.DRIFTED
    assert "1.16.0 is installed" in line.message
    with pytest.raises(ServiceProblem, match="not known"):
        await installed_in(replace(service, environment_key="own"))
