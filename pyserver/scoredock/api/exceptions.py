"""The exceptions that scripts catch, named as in ``azureml.exceptions``."""

from __future__ import annotations

from scoredock.errors import ScoredockError


class AzureMLException(ScoredockError):
    """The base of the others."""

    @property
    def message(self) -> str:
        """The sentence, as the SDK's exceptions carry it."""
        return str(self)


class UserErrorException(AzureMLException):
    """Something the caller can put right."""


class WebserviceException(AzureMLException):
    """A model or service could not be found, made or used. ``logs`` are the last lines of a service that crashed."""

    @property
    def logs(self) -> str:
        return self.details


class ModelNotFoundException(WebserviceException):
    """There is no such model."""


class NotOnThisMachine(UserErrorException, NotImplementedError):
    """Something that only a workspace in Azure has."""
