// Running a project as a service, and bringing saved changes into it.
import * as vscode from "vscode";
import type { App } from "./app";
import { Deploy, type ServiceView, Update } from "./protocol";
import { configuration } from "./settings";
import { duration } from "./words";

/** Starts the service of a script or deployment file; undefined when there is none to start. With `debug` it stands before
 * the first line of the script until the debugger is there. */
export async function deploy(
  app: App,
  uri: vscode.Uri | undefined,
  target?: "process" | "docker",
  debug = false,
): Promise<ServiceView | undefined> {
  if (!uri) {
    void vscode.window.showInformationMessage(vscode.l10n.t("Open an entry script or a deployment file first."));
    return undefined;
  }
  await saveAll(uri);
  const chosen = target ?? configuration(uri).get<"process" | "docker">("service.target", "process");
  const title =
    chosen === "docker" ? vscode.l10n.t("Running {0} in Docker", nameOf(uri)) : vscode.l10n.t("Running {0} locally", nameOf(uri));
  const service = await app.server.requestWithProgress(title, Deploy, { uri: uri.toString(), target: chosen, debug });
  await app.services.refresh();
  app.environments.refresh();
  void vscode.commands.executeCommand("setContext", "scoredock.hasRun", true);
  vscode.window.setStatusBarMessage(vscode.l10n.t("{0} answers on port {1}", service.name, service.port), 5000);
  return service;
}

export async function update(app: App, service: ServiceView): Promise<void> {
  await saveAll(vscode.Uri.parse(service.scriptUri));
  const title = vscode.l10n.t("Updating {0}", service.name);
  const { seconds } = await app.server.requestWithProgress(title, Update, { name: service.name });
  vscode.window.setStatusBarMessage(vscode.l10n.t("{0}: the new code answers after {1}", service.name, duration(seconds)), 5000);
}

/** What runs is what is on disk: unsaved changes of the same folder are saved before. */
async function saveAll(uri: vscode.Uri): Promise<void> {
  const folder = `${vscode.Uri.joinPath(uri, "..").toString()}/`;
  const dirty = vscode.workspace.textDocuments.filter((d) => d.isDirty && !d.isUntitled && d.uri.toString().startsWith(folder));
  await Promise.all(dirty.map((document) => document.save()));
}

const nameOf = (uri: vscode.Uri) => uri.path.replace(/^.*\//, "");
