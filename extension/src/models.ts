// What can be done with a model: look into its file, keep it in the registry, write it into a deployment file.
import * as vscode from "vscode";
import type { App } from "./app";
import { DeploymentFiles, InspectModel, type ModelVersion, RegisterModel, UseModel, type UseModelParams } from "./protocol";
import { uriFrom } from "./targets";
import { suggestedName } from "./words";

/** The version behind a row of the Models view. */
function versionFrom(given: unknown): ModelVersion | undefined {
  return typeof given === "object" && given !== null && "model" in given ? (given.model as ModelVersion | undefined) : undefined;
}

async function fileFrom(given: unknown): Promise<vscode.Uri | undefined> {
  const version = versionFrom(given);
  if (version) return vscode.Uri.parse(version.uri);
  const picked = uriFrom(given) ?? (await vscode.window.showOpenDialog({ title: vscode.l10n.t("Choose a model file"), canSelectMany: false }));
  return Array.isArray(picked) ? picked[0] : picked;
}

export async function inspectModel(app: App, given: unknown): Promise<void> {
  const uri = await fileFrom(given);
  if (!uri) return;
  const { name, facts } = await app.server.request(InspectModel, { uri: uri.toString() });
  const text = facts.map(([what, value]) => `${what}: ${value}`).join("\n");
  const document = await vscode.workspace.openTextDocument({ language: "yaml", content: `# ${name}\n${text}\n` });
  await vscode.window.showTextDocument(document, { preview: true });
}

export async function registerModel(app: App, given: unknown): Promise<void> {
  const uri = await fileFrom(given);
  if (!uri) return;
  const name = await vscode.window.showInputBox({ prompt: vscode.l10n.t("Name of the model"), value: suggestedName(uri.path) });
  if (!name) return;
  const model = await app.server.requestWithProgress(vscode.l10n.t("Registering {0}", name), RegisterModel, { uri: uri.toString(), name });
  app.models.refresh();
  void vscode.window.setStatusBarMessage(vscode.l10n.t("{0} version {1} is registered", model.name, model.version), 5000);
}

export async function useInDeployment(app: App, given: unknown): Promise<void> {
  const version = versionFrom(given);
  const uri = version ? undefined : await fileFrom(given);
  if (!version && !uri) return;
  const deploymentUri = await pickDeployment(app);
  if (!deploymentUri) return;
  const what: Partial<UseModelParams> = version ? { reference: `${version.name}:${version.version}` } : { modelUri: uri?.toString() ?? "" };
  const change = await app.server.request(UseModel, { deploymentUri, ...what });
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(change.uri));
  const untouched = !document.isDirty;
  const range = new vscode.Range(change.startLine, change.startCharacter, change.endLine, change.endCharacter);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, change.text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(range.start, range.start) });
  // What the user was in the middle of is theirs to save.
  if (untouched) await document.save();
}

/** The only deployment file, or the one that is picked. */
async function pickDeployment(app: App): Promise<string | undefined> {
  const { deployments } = await app.server.request(DeploymentFiles, {});
  if (deployments.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("There is no deployment file in this folder that a model could be written into."));
    return undefined;
  }
  if (deployments.length === 1) return deployments[0]?.uri;
  const items = deployments.map(({ uri, name, model }) => ({ label: name, description: model, uri }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Which deployment is to use the model?") }))?.uri;
}
