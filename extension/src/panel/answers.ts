// The scoring document: read-only, one for each service, stays where the user has put it and shows each new answer.
import * as vscode from "vscode";
import { answerText, type Scored } from "./answerText";

const SCHEME = "scoredock-answer";

export class Answers implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly last = new Map<string, { now: Scored; before: Scored | undefined }>();
  readonly onDidChange = this.changed.event;
  // After `onDidChange`: whether a provider has it is looked at when it is registered.
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  provideTextDocumentContent(uri: vscode.Uri): string {
    const name = decodeURIComponent(uri.query);
    const scored = this.last.get(name);
    return answerText(vscode.l10n, name, scored?.now, scored?.before);
  }

  /** Shows an answer beside the script; an answer document that is open already is left where it is. */
  async show(name: string, scored: Scored): Promise<void> {
    this.last.set(name, { now: scored, before: this.last.get(name)?.now });
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.answer`, query: encodeURIComponent(name) });
    this.changed.fire(uri);
    if (this.isVisible(name)) return;
    const document = await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(uri), "scoredock-answer");
    await vscode.window.showTextDocument(document, { viewColumn: columnOf(uri) ?? vscode.ViewColumn.Beside, preserveFocus: true, preview: false });
  }

  /** Whether the user still looks at the answers of a service: only then are they asked for again after a save. */
  isVisible(name: string): boolean {
    return vscode.window.visibleTextEditors.some(({ document }) => Answers.serviceOf(document.uri) === name);
  }

  /** The service whose answers a document shows. */
  static serviceOf(uri: vscode.Uri): string | undefined {
    return uri.scheme === SCHEME ? decodeURIComponent(uri.query) : undefined;
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}

/** Where a document has a tab already, though another may lie over it. */
function columnOf(uri: vscode.Uri): vscode.ViewColumn | undefined {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.find(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString())?.group.viewColumn;
}
