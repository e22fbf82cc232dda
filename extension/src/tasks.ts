// The task type `scoredock`, so that `preLaunchTask` and compound tasks can run, update and stop a service.
import * as vscode from "vscode";
import type { App } from "./app";
import { Deploy, type ServiceView, Stop, Update } from "./protocol";
import { problemOf } from "./server";
import { duration } from "./words";

type Action = "run" | "runInDocker" | "update" | "stop";
interface Definition extends vscode.TaskDefinition {
  readonly action: Action;
  readonly script?: string;
}

const ACTIONS: readonly Action[] = ["run", "runInDocker", "update", "stop"];
const SCRIPTS = "**/{score,*_score,score_*}.py";

export function registerTasks(app: App): vscode.Disposable {
  return vscode.tasks.registerTaskProvider("scoredock", {
    provideTasks: async () => {
      const scripts = await vscode.workspace.findFiles(SCRIPTS, "**/{node_modules,.venv,site-packages}/**", 20);
      return scripts.flatMap((uri) =>
        ACTIONS.map((action) => task(app, { type: "scoredock", action, script: vscode.workspace.asRelativePath(uri, false) }, folderOf(uri))),
      );
    },
    resolveTask: ({ definition, scope }) =>
      task(app, definition as Definition, typeof scope === "object" ? scope : vscode.workspace.workspaceFolders?.[0]),
  });
}

const folderOf = (uri: vscode.Uri) => vscode.workspace.getWorkspaceFolder(uri);

function task(app: App, definition: Definition, folder: vscode.WorkspaceFolder | undefined): vscode.Task {
  // What `preLaunchTask` names: the same in every language.
  const name = `${definition.action} ${definition.script ?? ""}`.trim();
  const execution = new vscode.CustomExecution((resolved) => Promise.resolve(new TaskTerminal(app, resolved as Definition, folder)));
  const made = new vscode.Task(definition, folder ?? vscode.TaskScope.Workspace, name, "scoredock", execution, "$scoredock");
  made.presentationOptions = { reveal: vscode.TaskRevealKind.Silent };
  return made;
}

/** Shows a request as a task: what it said in the terminal, its outcome as the exit code. */
class TaskTerminal implements vscode.Pseudoterminal {
  private readonly write = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<number>();
  private readonly cancel = new vscode.CancellationTokenSource();
  readonly onDidWrite = this.write.event;
  readonly onDidClose = this.closed.event;

  constructor(
    private readonly app: App,
    private readonly definition: Definition,
    private readonly folder: vscode.WorkspaceFolder | undefined,
  ) {}

  open(): void {
    void this.run().then(
      (said) => this.end(said, 0),
      (error: unknown) => this.end(said(error), 1),
    );
  }

  private async run(): Promise<string> {
    await this.app.server.whenRunning();
    const uri = this.script();
    if (this.definition.action === "run" || this.definition.action === "runInDocker") {
      const target = this.definition.action === "run" ? "process" : "docker";
      const service = await this.app.server.requestTelling(Deploy, { uri: uri.toString(), target }, this.cancel.token, (step) => this.say(step));
      await this.app.services.refresh();
      return vscode.l10n.t("{0} answers at {1}", service.name, service.scoringUri);
    }
    const service = await this.service(uri);
    if (this.definition.action === "update") {
      const { seconds } = await this.app.server.requestTelling(Update, { name: service.name }, this.cancel.token, (step) => this.say(step));
      return vscode.l10n.t("{0}: the new code answers after {1}", service.name, duration(seconds));
    }
    await this.app.server.request(Stop, { name: service.name }, this.cancel.token);
    await this.app.services.refresh();
    return vscode.l10n.t("{0} is stopped", service.name);
  }

  private script(): vscode.Uri {
    const script = this.definition.script;
    if (script && this.folder) return vscode.Uri.joinPath(this.folder.uri, script);
    const open = vscode.window.activeTextEditor?.document.uri;
    if (script) return vscode.Uri.file(script);
    if (open) return open;
    throw new Error(vscode.l10n.t("The task names no script, and none is open."));
  }

  private async service(uri: vscode.Uri): Promise<ServiceView> {
    await this.app.services.refresh();
    const service = this.app.services.of(uri)[0];
    if (!service) throw new Error(vscode.l10n.t("No service of {0} is running.", uri.fsPath));
    return service;
  }

  private say(text: string): void {
    this.write.fire(`${text.replace(/\r?\n/g, "\r\n")}\r\n`);
  }

  private end(said: string, code: number): void {
    this.say(said);
    this.closed.fire(code);
  }

  close(): void {
    this.cancel.cancel();
  }
}

/** A failure as compilers say it, for the problem matcher, in any language: "FILE:LINE:1: error: what happened". */
function said(error: unknown): string {
  const { message, problem } = problemOf(error);
  const place = problem?.uri ? `${vscode.Uri.parse(problem.uri).fsPath}:${problem.line ?? 1}:1: ` : "";
  return `${place}error: ${message}${problem?.details ? `\n${problem.details}` : ""}`;
}
