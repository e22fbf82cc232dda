"""The packages of a service as it runs: to compare with what the environment file says by now."""

from __future__ import annotations

from scoredock.environment.declared import packages_folder
from scoredock.environment.drift import packages_of_label
from scoredock.environment.installed import installed_distributions
from scoredock.environment.store import left_by
from scoredock.hosting.values import Service, ServiceProblem
from scoredock.l10n import t


async def installed_in(service: Service) -> dict[str, str]:
    """Normalised name -> version of everything in a service's environment. Nothing is run in it: a process's environment
    lies on this machine, and a container's image carries its list as a label. Raises ServiceProblem where there is none."""
    if service.target == "docker":
        found = await _of_image(service.environment_key)
    else:
        environment = left_by(service.environment_key)
        found = installed_distributions(packages_folder(environment)) if environment else None
    if found is None:
        raise ServiceProblem(
            t("What is installed in the service {0} is not known: its environment was not made by Scoredock.", service.name),
            t("Compare the file with the environment on this machine instead."),
        )
    return found


async def _of_image(key: str) -> dict[str, str] | None:
    from scoredock.engine.background import beside
    from scoredock.engine.connection import connect
    from scoredock.engine.images import images_labelled
    from scoredock.environment.image import KEY_LABEL, PACKAGES_LABEL

    connection = await beside(lambda _: connect())
    try:
        images = await beside(lambda _: images_labelled(connection, f"{KEY_LABEL}={key}"))
    finally:
        connection.close()
    packages = next((text for image in images if (text := dict(image.labels).get(PACKAGES_LABEL))), None)
    return packages_of_label(packages) if packages is not None else None
