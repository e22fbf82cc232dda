"""Names of services: Azure's rule, so that a name that works here works there."""

from __future__ import annotations

import re

from scoredock.hosting.values import ServiceProblem
from scoredock.l10n import t

# Azure ML, web service names: 3 to 32 characters (azureml-core, `Webservice._check_validate_name`).
_RULE = re.compile(r"[a-z](?:[-a-z0-9]{1,30}[a-z0-9])")


def checked(name: str) -> str:
    """The name itself. Raises ServiceProblem with the rule if Azure would refuse it."""
    if not _RULE.fullmatch(name):
        raise ServiceProblem(
            t("A service cannot be called '{0}'.", name),
            t("Names have 3 to 32 characters, a-z, 0-9 and '-', begin with a letter and end with a letter or digit."),
        )
    return name


def made_from(text: str) -> str:
    """A valid name as close to ``text`` as can be: what a service is called when nobody named it."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:32].rstrip("-")
    return name if _RULE.fullmatch(name) else f"service-{name}"[:32].rstrip("-")
