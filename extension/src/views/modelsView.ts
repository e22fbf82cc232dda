// The Models view: the registry on this machine; a model opens to its versions, a version to what is inside. Files are
// registered by dropping them on it.
import * as vscode from "vscode";
import { InspectModel, Models, type ModelVersion } from "../protocol";
import type { Server } from "../server";
import { size } from "../words";
import { ListView, type Node } from "./listView";

export const modelsView = (server: Server): ListView =>
  new ListView("scoredock.models", server, async () => {
    const { models } = await server.request(Models, {});
    const byName = new Map<string, ModelVersion[]>();
    for (const model of models) byName.set(model.name, [...(byName.get(model.name) ?? []), model]);
    return [...byName].map(([name, versions]) => modelNode(server, name, versions));
  }, registeringWhatIsDropped);

/** Files and folders that are dropped from the Explorer, or from outside, are registered one after the other. */
const registeringWhatIsDropped: vscode.TreeDragAndDropController<Node> = {
  dragMimeTypes: [],
  dropMimeTypes: ["text/uri-list"],
  async handleDrop(_target, dropped) {
    const list = (await dropped.get("text/uri-list")?.asString()) ?? "";
    for (const line of list.split(/\r?\n/).filter((text) => text && !text.startsWith("#"))) {
      await vscode.commands.executeCommand("scoredock.registerModel", vscode.Uri.parse(line));
    }
  },
};

function modelNode(server: Server, name: string, versions: readonly ModelVersion[]): Node {
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.description = versions.length === 1 ? vscode.l10n.t("1 version") : vscode.l10n.t("{0} versions", versions.length);
  item.iconPath = new vscode.ThemeIcon("symbol-class");
  return { item, children: () => versions.map((version) => versionNode(server, version)) };
}

/** Opened, a version shows what is recorded of it and what its file says of itself, which is read then. */
function versionNode(server: Server, model: ModelVersion): Node {
  const item = new vscode.TreeItem(vscode.l10n.t("version {0}", model.version), vscode.TreeItemCollapsibleState.Collapsed);
  item.description = model.size === null ? "" : size(model.size);
  item.iconPath = new vscode.ThemeIcon("versions");
  item.contextValue = "model.version";
  const inside = async () => (await server.request(InspectModel, { uri: model.uri })).facts;
  return { item, model, children: async () => [...model.facts, ...(await inside())].map(factNode) };
}

function factNode([what, value]: readonly [string, string]): Node {
  const item = new vscode.TreeItem(what);
  item.description = value;
  item.tooltip = `${what}: ${value}`;
  return { item };
}
