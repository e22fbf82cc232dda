// How a service is put into words. Pure.
import type { ServiceView } from "../protocol";
import { type L10n, uptime } from "../words";

/** The states of `hosting`, as people say them. */
export function stateText(l10n: L10n, state: string): string {
  const words: Partial<Record<string, string>> = {
    building: l10n.t("building"),
    starting: l10n.t("starting"),
    healthy: l10n.t("healthy"),
    unhealthy: l10n.t("not healthy"),
    busy: l10n.t("busy"),
    held: l10n.t("paused in the debugger"),
    crashed: l10n.t("crashed"),
    stopped: l10n.t("stopped"),
  };
  return words[state] ?? state;
}

/** Where a service runs; Docker is called the same everywhere. */
export function targetText(l10n: L10n, target: string): string {
  return target === "process" ? l10n.t("process") : target;
}

export function serviceDescription(l10n: L10n, service: ServiceView, now: number): string {
  const state = stateText(l10n, service.state);
  const parts = [targetText(l10n, service.target), `:${service.port}`];
  if (service.state === "healthy") parts.push(uptime(l10n, now - service.startedAt));
  else parts.push(service.exitReason ? `${state}: ${service.exitReason}` : state);
  // Last: what does not fit is cut off.
  parts.push(service.environment);
  return parts.filter(Boolean).join("  ");
}

export function serviceTooltip(l10n: L10n, service: ServiceView): string {
  const updates = service.generation - 1;
  const rows = [
    `**${service.name}**: ${stateText(l10n, service.state)}`,
    `[${service.scoringUri}](${service.scoringUri})`,
    service.environment && l10n.t("Environment: {0}", service.environment),
    updates === 1 ? l10n.t("Updated once") : updates > 1 ? l10n.t("Updated {0} times", updates) : "",
    service.exitReason,
  ];
  return rows.filter(Boolean).join("\n\n");
}

/** A theme icon and its colour for each state. */
export function serviceIcon(state: string): { id: string; color?: string } {
  switch (state) {
    case "building":
    case "starting":
      return { id: "loading~spin" };
    case "healthy":
      return { id: "pass-filled", color: "testing.iconPassed" };
    case "busy":
      return { id: "sync~spin", color: "testing.iconPassed" };
    case "held":
      return { id: "debug-pause", color: "debugIcon.pauseForeground" };
    case "unhealthy":
      return { id: "warning", color: "problemsWarningIcon.foreground" };
    case "crashed":
      return { id: "error", color: "testing.iconFailed" };
    default:
      return { id: "circle-slash" };
  }
}
