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
    return answerText(name, scored?.now, scored?.before);
  }

  /** Shows an answer beside the script; an answer document that is open already is left where it is. */
  async show(name: string, scored: Scored): Promise<void> {
    this.last.set(name, { now: scored, before: this.last.get(name)?.now });
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.answer.md`, query: encodeURIComponent(name) });
    if (this.isVisible(name)) {
      this.changed.fire(uri);
      return;
    }
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: false });
  }

  /** Whether the user still looks at the answers of a service: only then are they asked for again after a save. */
  isVisible(name: string): boolean {
    return vscode.window.visibleTextEditors.some(
      ({ document }) => document.uri.scheme === SCHEME && decodeURIComponent(document.uri.query) === name,
    );
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
