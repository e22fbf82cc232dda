"""What the session can do, as it tells its client."""

from __future__ import annotations

from scoredock.debugging.framing import Message

# What pydevd can do (its `on_initialize_request`), without what would end the service.
CAPABILITIES: Message = {
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
            "label": "Errors in init and run",
            "description": "Stops where an exception leaves your code, though the server catches it and answers 500.",
            "default": True,
        },
        {"filter": "raised", "label": "Raised Exceptions", "default": False},
        {"filter": "uncaught", "label": "Uncaught Exceptions", "default": False},
    ],
}
