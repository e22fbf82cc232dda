// The connection to the Python server: resolve -> compare -> act. It is restarted only when the way it is started has
// changed or when it has died, and every request says in a sentence why it cannot be answered.
import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { LanguageClient, LanguageClientOptions } from "vscode-languageclient/node";
import { documents, WATCHED } from "./documents";
import { chooseInterpreter } from "./interpreters";
import { type Notification, type Problem, type Request, SettingsChanged } from "./protocol";
import { type Choice, type Launch, launch, OLDEST } from "./python";
import { currentSettings } from "./settings";
import type { StatusItem } from "./status";

const CRASHES = 4;
const CRASH_WINDOW = 180_000;

/** Loaded when the server is first started: evaluating it takes longer than all the rest of the activation. */
const library = () => import("vscode-languageclient/node");
type Library = Awaited<ReturnType<typeof library>>;

/** Why there is no server, as a sentence for the user. */
export class NoServer extends Error {}

export class Server implements vscode.Disposable {
  private library: Library | undefined;
  private client: LanguageClient | undefined;
  private current: Launch | undefined;
  private work: Promise<void> = Promise.resolve();
  private crashes: number[] = [];
  private reason = vscode.l10n.t("The Scoredock server is starting.");
  private readonly started = new vscode.EventEmitter<void>();
  private readonly ended = new vscode.EventEmitter<void>();
  private readonly gaveUp = new vscode.EventEmitter<void>();
  /** The server runs (again): whoever listens to it subscribes now. */
  readonly onStarted = this.started.event;
  readonly onEnded = this.ended.event;
  /** There will be no server until somebody acts: the reason has been shown. */
  readonly onFailed = this.gaveUp.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly status: StatusItem,
  ) {}

  get running(): boolean {
    return this.client?.isRunning() ?? false;
  }

  get pid(): number | undefined {
    // Not in the public interface of the client; used by nothing but the diagnostic report.
    return (this.client as unknown as { _serverProcess?: { pid?: number } } | undefined)?._serverProcess?.pid;
  }

  /** Starts the server, or restarts it if what it would be started with has changed. Calls queue up and do not overlap. */
  refresh(force = false): Promise<void> {
    this.work = this.work.then(() => this.act(force)).catch((error: unknown) => this.failed(error));
    return this.work;
  }

  /** Resolves when the server runs; rejects with the reason why it does not. */
  async whenRunning(): Promise<void> {
    await this.work;
    if (!this.running) throw new NoServer(this.reason);
  }

  /** Sends a request; a problem that the user can act on arrives as an `Error` with one sentence. */
  async request<P, R>(type: Request<P, R>, params: P, token?: vscode.CancellationToken): Promise<R> {
    const client = this.client;
    if (!client?.isRunning()) throw new NoServer(this.reason);
    // A token that is undefined would count as a second parameter.
    return token ? client.sendRequest<R>(type.method, params, token) : client.sendRequest<R>(type.method, params);
  }

  /** Sends a request that takes long; `tell` hears each step, and how much of it is done in percent where that is known. */
  async requestTelling<P extends { workDoneToken?: string | number }, R>(
    type: Request<P, R>,
    params: P,
    token: vscode.CancellationToken,
    tell: (step: string, percentage: number | undefined) => void,
  ): Promise<R> {
    const { client, library: loaded } = this;
    if (!client?.isRunning() || !loaded) throw new NoServer(this.reason);
    const workDoneToken = `scoredock-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const subscription = client.onProgress(loaded.WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind === "report" && value.message) tell(value.message, value.percentage);
    });
    try {
      return await client.sendRequest<R>(type.method, { ...params, workDoneToken }, token);
    } finally {
      subscription.dispose();
    }
  }

  /** Sends a request that takes long, with its progress in a notification that can be cancelled. */
  async requestWithProgress<P extends { workDoneToken?: string | number }, R>(title: string, type: Request<P, R>, params: P): Promise<R> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(options, (progress, token) => {
      let reached = 0;
      return this.requestTelling(type, params, token, (message, percentage = reached) => {
        progress.report({ message, increment: Math.max(0, percentage - reached) });
        reached = Math.max(reached, percentage);
      });
    });
  }

  /** Hears a notification of the server that runs now; to be called anew when it has started (again). */
  hear<P>(type: Notification<P>, listener: (params: P) => void): void {
    this.client?.onNotification(type.method, listener);
  }

  /** Sends a notification if there is a server to hear it. */
  notify<P>(type: Notification<P>, params: P): void {
    if (this.client?.isRunning()) void this.client.sendNotification(type.method, params);
  }

  private async resolve(): Promise<Launch> {
    const choice = await chooseInterpreter(this.context.globalState);
    if (choice.found) {
      this.log.info(`Python ${choice.interpreter.version} (${choice.interpreter.origin}): ${choice.interpreter.program}`);
      const script = vscode.Uri.joinPath(this.context.extensionUri, "dist", "server", "start.py").fsPath;
      return launch(choice.interpreter, script, vscode.Uri.joinPath(this.context.globalStorageUri, "bytecode").fsPath);
    }
    throw new NoServer(whyNoPython(choice));
  }

  private async act(force: boolean): Promise<void> {
    const next = await this.resolve();
    if (!force && this.running && isDeepStrictEqual(next, this.current)) return;
    await this.stop();
    this.status.starting();
    this.current = next;
    this.library = await library();
    const executable = { command: next.command, args: [...next.args] };
    const client = new this.library.LanguageClient("scoredock", "Scoredock", executable, this.options(this.library));
    this.client = client;
    await client.start();
    this.ready(client);
  }

  private ready(client: LanguageClient): void {
    this.reason = vscode.l10n.t("The Scoredock server is starting.");
    this.status.show({ state: "ok", text: "Scoredock", detail: client.initializeResult?.serverInfo?.version ?? "" });
    this.started.fire();
  }

  private options({ RevealOutputChannelOn, ErrorAction, CloseAction }: Library): LanguageClientOptions {
    return {
      documentSelector: documents(),
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: currentSettings,
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher(WATCHED) },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.crashed();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    };
  }

  /** Starts a fresh client: the one that lost its connection keeps no subscriptions worth having. */
  private crashed(): void {
    const now = Date.now();
    this.crashes = [...this.crashes.filter((then) => now - then < CRASH_WINDOW), now];
    this.ended.fire();
    if (this.crashes.length > CRASHES) {
      this.failed(new NoServer(vscode.l10n.t("The Scoredock server stopped {0} times in three minutes.", this.crashes.length)));
      return;
    }
    this.status.starting();
    this.log.warn("The server ended unexpectedly and is started again. Services are not touched by this.");
    if (this.crashes.length === 1)
      void vscode.window
        .showWarningMessage(
          vscode.l10n.t("The Scoredock server ended unexpectedly and was started again. Running services go on."),
          vscode.l10n.t("Show Log"),
        )
        .then((answer) => answer && this.log.show());
    this.client = undefined;
    // After the dead client has tidied up. Whoever asks for the server meanwhile waits for the new one.
    this.work = this.work.then(() => new Promise((resolve) => setTimeout(resolve, 0)));
    void this.refresh(true);
  }

  private failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const said = reason === this.reason;
    this.reason = reason;
    this.log.error(this.reason);
    this.gaveUp.fire();
    this.status.show({ state: "error", text: vscode.l10n.t("Scoredock: not running"), detail: this.reason });
    if (said) return;
    const settings = vscode.l10n.t("Open Settings");
    const show = vscode.l10n.t("Show Log");
    void vscode.window.showErrorMessage(this.reason, settings, show).then((answer) => {
      if (answer === settings) void vscode.commands.executeCommand("workbench.action.openSettings", "scoredock.server.python");
      if (answer === show) this.log.show();
    });
  }

  /** Tells the server of changed settings and of trust. */
  settingsChanged(): void {
    this.notify(SettingsChanged, currentSettings());
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.isRunning()) await client.stop().catch((error: unknown) => this.log.warn(String(error)));
  }

  dispose(): void {
    for (const emitter of [this.started, this.ended, this.gaveUp]) emitter.dispose();
  }
}

function whyNoPython({ settingIsBad, tooOld }: Extract<Choice, { found: false }>): string {
  const oldest = OLDEST.join(".");
  const seen = tooOld.map(({ program, version }) => vscode.l10n.t("{0} is {1}", program, version)).join(", ");
  if (settingIsBad)
    return seen
      ? vscode.l10n.t("The Python named in the setting scoredock.server.python does not work ({0}).", seen)
      : vscode.l10n.t("The Python named in the setting scoredock.server.python does not work.");
  return seen
    ? vscode.l10n.t("Scoredock needs Python {0} or newer and found none ({1}).", oldest, seen)
    : vscode.l10n.t("Scoredock needs Python {0} or newer and found none.", oldest);
}

/** The sentence in a failed request, and the place it is about. */
export function problemOf(error: unknown): { message: string; problem?: Problem | undefined; code?: number } {
  if (error instanceof Error && "code" in error && typeof error.code === "number")
    return { message: error.message, problem: "data" in error ? (error.data as Problem) : undefined, code: error.code };
  return { message: error instanceof Error ? error.message : String(error) };
}
