// How a service is put into words. Pure.
import type { ServiceView } from "../protocol";
import { uptime } from "../words";

export function serviceDescription(service: ServiceView, now: number): string {
  const parts = [service.target, `:${service.port}`];
  if (service.state === "healthy") parts.push(uptime(now - service.startedAt));
  else if (service.state === "held") parts.push("paused in debugger");
  else parts.push(service.exitReason ? `${service.state}: ${service.exitReason}` : service.state);
  // Last: what does not fit is cut off.
  parts.push(service.environment);
  return parts.filter(Boolean).join("  ");
}

export function serviceTooltip(service: ServiceView): string {
  const rows = [
    `**${service.name}** is ${service.state}`,
    `[${service.scoringUri}](${service.scoringUri})`,
    service.generation > 1 ? `Updated ${service.generation - 1} times` : "",
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
