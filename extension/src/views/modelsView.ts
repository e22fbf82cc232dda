// The Models view: the registry on this machine; a model opens to its versions, a version to what is inside.
import * as vscode from "vscode";
import { Models, type ModelVersion } from "../protocol";
import type { Server } from "../server";
import { size } from "../words";
import { ListView, type Node } from "./listView";

export const modelsView = (server: Server): ListView =>
  new ListView("scoredock.models", server, async () => {
    const { models } = await server.request(Models, {});
    const byName = new Map<string, ModelVersion[]>();
    for (const model of models) byName.set(model.name, [...(byName.get(model.name) ?? []), model]);
    return [...byName].map(([name, versions]) => modelNode(name, versions));
  });

function modelNode(name: string, versions: readonly ModelVersion[]): Node {
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.description = versions.length === 1 ? vscode.l10n.t("1 version") : vscode.l10n.t("{0} versions", versions.length);
  item.iconPath = new vscode.ThemeIcon("symbol-class");
  return { item, children: versions.map(versionNode) };
}

function versionNode(model: ModelVersion): Node {
  const state = model.facts.length ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(vscode.l10n.t("version {0}", model.version), state);
  item.description = model.size === null ? "" : size(model.size);
  item.iconPath = new vscode.ThemeIcon("versions");
  return { item, children: model.facts.map(factNode) };
}

function factNode([what, value]: readonly [string, string]): Node {
  const item = new vscode.TreeItem(what);
  item.description = value;
  item.tooltip = `${what}: ${value}`;
  return { item };
}
