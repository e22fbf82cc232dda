// Wires the parts together. Nothing is awaited here: the server starts in the background.
import * as vscode from "vscode";
import type { App } from "./app";
import { registerCommands } from "./commands";
import { registerDebugging } from "./debug";
import { ServiceLogs } from "./logs";
import { openNewProject } from "./newProject";
import { Answers } from "./panel/answers";
import { StatusChanged } from "./protocol";
import { Scoring } from "./scoring";
import { Server } from "./server";
import { RunningServices } from "./services";
import { SECTION } from "./settings";
import { StatusItem } from "./status";
import { registerTasks } from "./tasks";
import { environmentsView } from "./views/environmentsView";
import { modelsView } from "./views/modelsView";
import { ServicesView } from "./views/servicesView";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const started = performance.now();
  const log = vscode.window.createOutputChannel("Scoredock", { log: true });
  const status = new StatusItem(log);
  server = new Server(context, log, status);
  const services = new RunningServices(server);
  const answers = new Answers();
  const scoring = new Scoring(context.workspaceState, server, services, answers, log);
  const logs = new ServiceLogs(server);
  const environments = environmentsView(server);
  const models = modelsView(server);
  const app: App = { context, log, server, services, scoring, logs, environments, models };
  const running = server;
  context.subscriptions.push(
    ...[log, status, server, services, answers, scoring, logs, environments, models, new ServicesView(services)],
    ...registerCommands(app),
    ...registerDebugging(app),
    registerTasks(app),
    server.onStarted(() => running.hear(StatusChanged, (value) => status.show(value))),
    services.onChanged(() => environments.refresh()),
    // The view speaks of the projects of open documents, as they were saved.
    vscode.window.onDidChangeActiveTextEditor(() => environments.refresh()),
    vscode.workspace.onDidSaveTextDocument(({ languageId }) => languageId === "python" || environments.refresh()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => running.settingsChanged()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(SECTION)) return;
      running.settingsChanged();
      if (event.affectsConfiguration(`${SECTION}.server`)) void running.refresh();
    }),
    vscode.extensions.onDidChange(() => {
      // A Python may have come with an extension; one that serves already is kept.
      if (!running.running) void running.refresh();
    }),
  );
  void server.refresh();
  void openNewProject(context.globalState);
  log.info(`activated in ${(performance.now() - started).toFixed(1)} ms`);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
