// Makes the sample project in a folder that the user picks, and opens its entry script.
import * as vscode from "vscode";
import type { App } from "./app";
import { NewSample } from "./protocol";

const OPEN_NEXT = "scoredock.openNext";

export async function newProject(app: App): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("Where should the sample project go?"),
    openLabel: vscode.l10n.t("Create Here"),
    canSelectFolders: true,
    canSelectFiles: false,
    ...(vscode.workspace.workspaceFolders?.[0] && { defaultUri: vscode.workspace.workspaceFolders[0].uri }),
  });
  const parent = picked?.[0];
  if (!parent) return;
  const folder = await freeFolder(parent);
  const { scriptUri, note } = await app.server.requestWithProgress(vscode.l10n.t("Making the sample project"), NewSample, {
    uri: folder.toString(),
  });
  if (note) await vscode.window.showWarningMessage(note, { modal: true });
  const script = vscode.Uri.parse(scriptUri);
  if (vscode.workspace.getWorkspaceFolder(script)) {
    await vscode.window.showTextDocument(script, { preview: false });
    return;
  }
  await app.context.globalState.update(OPEN_NEXT, scriptUri);
  await vscode.commands.executeCommand("vscode.openFolder", folder, { forceNewWindow: Boolean(vscode.workspace.workspaceFolders) });
}

/** In the window that was opened for a new project: its script is in front. */
export async function openNewProject(state: vscode.Memento): Promise<void> {
  const next = state.get<string>(OPEN_NEXT);
  if (!next || !vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(next))) return;
  await state.update(OPEN_NEXT, undefined);
  await vscode.window.showTextDocument(vscode.Uri.parse(next), { preview: false });
}

/** A folder that is not there yet: nothing of the user's is written over. */
async function freeFolder(parent: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number += 1) {
    const folder = vscode.Uri.joinPath(parent, number === 1 ? "scoredock-sample" : `scoredock-sample-${number}`);
    const taken = await vscode.workspace.fs.stat(folder).then(
      () => true,
      () => false,
    );
    if (!taken) return folder;
  }
}
