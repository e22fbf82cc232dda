// The language status item: how the server is, and one thing to do about it.
import * as vscode from "vscode";
import { documents } from "./documents";
import type { Status } from "./protocol";

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;
  private readonly subscriptions: readonly { dispose(): unknown }[];

  constructor(log: { show(): void }) {
    this.item = vscode.languages.createLanguageStatusItem("scoredock.status", documents());
    this.item.name = "Scoredock";
    // Of this item alone; in the palette the log is one of "Output: Show Output Channels".
    const shown = vscode.commands.registerCommand("_scoredock.showServerLog", () => log.show());
    this.subscriptions = [this.item, shown];
    this.item.command = { command: "_scoredock.showServerLog", title: vscode.l10n.t("Show Log") };
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
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
