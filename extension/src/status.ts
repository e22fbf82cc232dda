// The language status item: how the server is, and one thing to do about it.
import * as vscode from "vscode";
import { DOCUMENTS } from "./documents";
import type { Status } from "./protocol";

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;

  constructor() {
    this.item = vscode.languages.createLanguageStatusItem("scoredock.status", DOCUMENTS);
    this.item.name = "Scoredock";
    this.item.command = { command: "scoredock.showServerLog", title: vscode.l10n.t("Show Log") };
    this.starting();
  }

  starting(): void {
    this.show({ state: "busy", text: vscode.l10n.t("Scoredock: starting"), detail: "" });
  }

  show(status: Status): void {
    this.item.text = status.text;
    this.item.detail = status.detail;
    this.item.busy = status.state === "busy";
    this.item.severity =
      status.state === "error"
        ? vscode.LanguageStatusSeverity.Error
        : status.state === "warning"
          ? vscode.LanguageStatusSeverity.Warning
          : vscode.LanguageStatusSeverity.Information;
  }

  dispose(): void {
    this.item.dispose();
  }
}
