// The Environments view: what the open projects want and what is on this machine.
import * as vscode from "vscode";
import { Environments, type EnvironmentView } from "../protocol";
import type { Server } from "../server";
import { size } from "../words";
import { ListView, type Node } from "./listView";

const ICONS: Partial<Record<string, string>> = { ready: "pass", missing: "circle-outline", changed: "warning" };

export const environmentsView = (server: Server): ListView =>
  new ListView("scoredock.environments", server, async () => {
    const { environments } = await server.request(Environments, {});
    return environments.map(node);
  });

function node(environment: EnvironmentView): Node {
  const item = new vscode.TreeItem(environment.title);
  const words: Partial<Record<string, string>> = { ready: vscode.l10n.t("ready"), missing: vscode.l10n.t("not made yet"), changed: vscode.l10n.t("file has changed") };
  const state = words[environment.state] ?? environment.state;
  const parts = [state, environment.python && `Python ${environment.python}`, environment.size === null ? "" : size(environment.size)];
  item.id = `${environment.key}:${environment.sourceUri}`;
  item.description = parts.filter(Boolean).join("  ");
  item.tooltip = new vscode.MarkdownString([`**${environment.title}**: ${state}`, ...environment.notes].join("\n\n"));
  item.iconPath = new vscode.ThemeIcon(ICONS[environment.state] ?? "package");
  item.contextValue = `environment.${environment.state}`;
  if (environment.sourceUri) {
    const uri = vscode.Uri.parse(environment.sourceUri);
    item.resourceUri = uri;
    item.command = { command: "vscode.open", title: vscode.l10n.t("Open"), arguments: [uri] };
  }
  return { item };
}
