"""What the session can do, as it tells its client."""

from __future__ import annotations

from scoredock.debugging.framing import Message
from scoredock.l10n import t


def capabilities() -> Message:
    """What pydevd can do (its `on_initialize_request`), without what would end the service."""
    return {
        "supportsConfigurationDoneRequest": True,
        "supportsConditionalBreakpoints": True,
        "supportsHitConditionalBreakpoints": True,
        "supportsEvaluateForHovers": True,
        "supportsSetVariable": True,
        "supportsSetExpression": True,
        "supportsGotoTargetsRequest": True,
        "supportsStepInTargetsRequest": True,
        "supportsCompletionsRequest": True,
        "supportsModulesRequest": True,
        "supportsExceptionOptions": True,
        "supportsValueFormattingOptions": True,
        "supportsExceptionInfoRequest": True,
        "supportsDelayedStackTraceLoading": True,
        "supportsLogPoints": True,
        "supportsClipboardContext": True,
        "supportsFunctionBreakpoints": True,
        "exceptionBreakpointFilters": [
            {
                "filter": "userUnhandled",
                "label": t("Errors in init and run"),
                "description": t("Stops where an exception leaves your code, though the server catches it and answers 500."),
                "default": True,
            },
            {"filter": "raised", "label": t("Raised Exceptions"), "default": False},
            {"filter": "uncaught", "label": t("Uncaught Exceptions"), "default": False},
        ],
    }
