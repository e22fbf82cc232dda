// The actions above `init` and `run` in the user's language: the server speaks English.
import * as vscode from "vscode";

const title = (text: string): string | undefined => {
  const titles: Partial<Record<string, string>> = {
    "Run locally": vscode.l10n.t("Run locally"),
    "Run again": vscode.l10n.t("Run again"),
    "Run in Docker": vscode.l10n.t("Run in Docker"),
    "Score a sample": vscode.l10n.t("Score a sample"),
    "Debug a sample": vscode.l10n.t("Debug a sample"),
    "Attach debugger": vscode.l10n.t("Attach debugger"),
    Debug: vscode.l10n.t("Debug"),
  };
  return titles[text];
};

/** A lens of the server with its title translated; its icon stays. */
export function translated(lens: vscode.CodeLens): vscode.CodeLens {
  const parts = /^(\$\([\w-]+\) )(.*)$/.exec(lens.command?.title ?? "");
  const text = title(parts?.[2] ?? "");
  if (lens.command && parts && text !== undefined) lens.command.title = `${parts[1] ?? ""}${text}`;
  return lens;
}
