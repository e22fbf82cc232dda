// What a command is meant for: it may be called by a lens with a URI, by a tree with a service, by the palette with nothing.
import * as vscode from "vscode";
import type { App } from "./app";
import type { ServiceView } from "./protocol";
import { Answers } from "./panel/answers";
import { answers } from "./services";
import { fileOf } from "./views/listView";
import { stateText, targetText } from "./views/serviceText";

export function uriFrom(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  if (typeof given === "string" && /^[\w-]+:/.test(given)) return vscode.Uri.parse(given);
  return fileOf(given);
}

/** The script (or project file) a command is for: what was given, else what is open in front. */
export function scriptFrom(given: unknown): vscode.Uri | undefined {
  return uriFrom(given) ?? vscode.window.activeTextEditor?.document.uri;
}

function isService(given: unknown): given is ServiceView {
  return typeof given === "object" && given !== null && "scoringUri" in given && "name" in given;
}

/** The service a command is for, if there is one: of the tree, by name, of the given or the open document. */
export async function serviceFor(app: App, given: unknown): Promise<ServiceView | undefined> {
  if (isService(given)) return app.services.named(given.name) ?? given;
  if (typeof given === "string" && app.services.named(given)) return app.services.named(given);
  await app.services.refresh();
  const open = given === undefined && vscode.window.activeTextEditor?.document.uri;
  const shown = open ? Answers.serviceOf(open) : undefined;
  if (shown !== undefined) return app.services.named(shown);
  const uri = scriptFrom(given);
  const own = uri ? app.services.of(uri).filter(answers) : [];
  return own.length > 1 ? pickFrom(own) : own[0];
}

/** A service that the user picks; the only one without being asked. */
export async function pickService(app: App): Promise<ServiceView | undefined> {
  const all = app.services.all;
  if (all.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("No service is running. Open an entry script and run it locally."));
    return undefined;
  }
  return all.length === 1 ? all[0] : pickFrom(all);
}

const described = ({ target, port, state }: ServiceView) => `${targetText(vscode.l10n, target)} :${port} ${stateText(vscode.l10n, state)}`;

async function pickFrom(services: readonly ServiceView[]): Promise<ServiceView | undefined> {
  const items = services.map((service) => ({ label: service.name, description: described(service), service }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Which service?") }))?.service;
}
