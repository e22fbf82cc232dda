// Every command, as a table. All of them exist from activation on; what they do depends on whether the server runs.
import * as vscode from "vscode";
import type { App } from "./app";
import { chooseForm, type CommandForms } from "./commandTable";
import { attached, debugged } from "./debug";
import { deploy, update } from "./deploying";
import { inspectModel, registerModel, useInDeployment } from "./models";
import { newProject } from "./newProject";
import { ReportRequest, Stop, SyncEnvironment } from "./protocol";
import { problemOf } from "./server";
import { pickService, scriptFrom, serviceFor } from "./targets";

type Forms = CommandForms<App>;

export const COMMANDS: Record<string, Forms> = {
  "scoredock.newProject": { needsTrust: true, enabled: (app) => () => newProject(app) },
  "scoredock.run": { needsTrust: true, enabled: (app) => async (given) => deploy(app, scriptFrom(given), "process") },
  "scoredock.runInDocker": { needsTrust: true, enabled: (app) => async (given) => deploy(app, scriptFrom(given), "docker") },
  "scoredock.debug": {
    needsTrust: true,
    enabled: () => (given) => {
      const uri = scriptFrom(given);
      const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
      return vscode.debug.startDebugging(folder, {
        type: "scoredock",
        request: "launch",
        name: vscode.l10n.t("Debug the entry script"),
        ...(uri && { script: uri.fsPath }),
      });
    },
  },
  "scoredock.score": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      // From the palette, where nothing is given, the user may want another sample than the last.
      const service = (await serviceFor(app, given)) ?? (await deploy(app, scriptFrom(given)));
      if (service) await app.scoring.score(service, given === undefined);
    },
  },
  "scoredock.update": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      if (service) await update(app, service);
    },
  },
  "scoredock.stop": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      if (!service) return;
      await app.server.request(Stop, { name: service.name });
      await app.services.refresh();
    },
  },
  "scoredock.attach": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      if (!service) return;
      await attached(service);
    },
  },
  "scoredock.debugSample": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await deploy(app, scriptFrom(given)));
      if (service && (await debugged(service, { stopAtRun: true }))) await app.scoring.score(service, false);
    },
  },
  "scoredock.replay": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      if (service && (await debugged(service, { stopOnRaise: true }))) await app.scoring.replay(service);
    },
  },
  "scoredock.showServiceLog": {
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      if (service) app.logs.show(service.name);
    },
  },
  "scoredock.openInBrowser": {
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      // The root answers "Healthy" to a browser; /score takes only posts.
      if (service) await vscode.env.openExternal(vscode.Uri.parse(service.scoringUri).with({ path: "/" }));
    },
  },
  "scoredock.copyScoringUri": {
    enabled: (app) => async (given) => {
      const service = (await serviceFor(app, given)) ?? (await pickService(app));
      if (service) await vscode.env.clipboard.writeText(service.scoringUri);
    },
  },
  "scoredock.syncEnvironment": {
    needsTrust: true,
    enabled: (app) => async (given) => {
      const uri = scriptFrom(given);
      if (!uri) {
        void vscode.window.showInformationMessage(vscode.l10n.t("Open an entry script, a deployment file or an environment file first."));
        return;
      }
      await app.server.requestWithProgress(vscode.l10n.t("Syncing the environment"), SyncEnvironment, { uri: uri.toString() });
      app.environments.refresh();
    },
  },
  "scoredock.inspectModel": { enabled: (app) => (given) => inspectModel(app, given) },
  "scoredock.registerModel": { needsTrust: true, enabled: (app) => (given) => registerModel(app, given) },
  "scoredock.useInDeployment": { needsTrust: true, enabled: (app) => (given) => useInDeployment(app, given) },
  "scoredock.refresh": {
    enabled: (app) => async () => {
      app.environments.refresh();
      app.models.refresh();
      await app.services.refresh();
    },
  },
  "scoredock.restartServer": {
    enabled: (app) => () => app.server.refresh(true),
    disabled: (app) => () => app.server.refresh(true),
  },
  "scoredock.showReport": {
    enabled: (app) => async () => {
      const { text } = await app.server.request(ReportRequest, {});
      await showReport(app, text);
    },
    disabled: (app) => () => showReport(app, vscode.l10n.t("The Scoredock server is not running.")),
  },
};

/** Registers the whole table; a command that fails says so in one sentence. */
export function registerCommands(app: App): vscode.Disposable[] {
  return Object.entries(COMMANDS).map(([id, forms]) =>
    vscode.commands.registerCommand(id, async (...given: unknown[]) => {
      try {
        return await call(app, forms, given);
      } catch (error) {
        if (error instanceof vscode.CancellationError) return undefined;
        await sayProblem(app, error);
        return undefined;
      }
    }),
  );
}

function call(app: App, forms: Forms, given: unknown[]): unknown {
  const chosen = chooseForm(forms, { running: app.server.running, trusted: vscode.workspace.isTrusted });
  switch (chosen) {
    case "enabled":
      return forms.enabled(app)(...given);
    case "disabled":
      return forms.disabled?.(app)(...given);
    case "untrusted":
      return vscode.commands.executeCommand("workbench.trust.manage");
    case "explain":
      return app.server.whenRunning().then(() => forms.enabled(app)(...given));
  }
}

const CANCELLED = -32800;

async function sayProblem(app: App, error: unknown): Promise<void> {
  const { message, problem, code } = problemOf(error);
  if (code === CANCELLED) return;
  app.log.error(message);
  if (problem?.details) app.log.error(problem.details);
  const uri = problem?.uri;
  const open = vscode.l10n.t("Go to Line");
  const show = vscode.l10n.t("Show Log");
  const answer = await vscode.window.showErrorMessage(message, ...(uri ? [open, show] : [show]));
  if (answer === show) app.log.show();
  if (answer === open && uri) {
    const line = Math.max(0, (problem.line ?? 1) - 1);
    await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection: new vscode.Range(line, 0, line, 0) });
  }
}

async function showReport(app: App, text: string): Promise<void> {
  const extension = app.context.extension.packageJSON as { version: string };
  const head = [
    `Scoredock ${extension.version}, ${vscode.env.appName} ${vscode.version}, ${process.platform} ${process.arch}`,
    `trusted: ${vscode.workspace.isTrusted}, remote: ${vscode.env.remoteName ?? "no"}, server running: ${app.server.running}`,
  ];
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content: `${head.join("\n")}\n\n${text}\n` });
  await vscode.window.showTextDocument(document);
}

