// The user's settings as the server takes them.
import * as vscode from "vscode";
import type { Settings } from "./protocol";

export const SECTION = "scoredock";

export const configuration = (scope?: vscode.ConfigurationScope) => vscode.workspace.getConfiguration(SECTION, scope);

export function currentSettings(): Settings {
  const settings = configuration();
  return {
    trusted: vscode.workspace.isTrusted,
    target: settings.get("service.target", "process"),
    port: settings.get<number | null>("service.port", null),
    updateOnSave: settings.get("service.updateOnSave", true),
    ignoredRules: settings.get<string[]>("checks.ignore", []),
    inlayHints: settings.get("inlayHints.enabled", true),
    codeLenses: settings.get("codeLens.enabled", true),
    offline: settings.get("environment.offline", false),
    dockerHost: settings.get("docker.host", ""),
    toolsPython: settings.get("environment.python", ""),
    scoreTimeout: settings.get("score.timeout", 60),
  };
}
