// The debug type `scoredock`: attaches to a service that runs (or starts it first). No other extension is needed.
import * as vscode from "vscode";
import type { App } from "./app";
import { deploy } from "./deploying";
import { Attach, type AttachResult, type ServiceView } from "./protocol";
import { configuration } from "./settings";
import { scriptFrom, serviceFor } from "./targets";

interface Configuration extends vscode.DebugConfiguration {
  service?: string;
  script?: string;
  connect?: { host: string; port: number };
  /** Given by the server with the port: without it the debugger lets nobody in. */
  accessToken?: string;
}

export function registerDebugging(app: App): vscode.Disposable[] {
  const provider = new Provider(app);
  return [
    ...followSessions(),
    vscode.debug.registerDebugConfigurationProvider("scoredock", provider),
    vscode.debug.registerDebugConfigurationProvider("scoredock", provider, vscode.DebugConfigurationProviderTriggerKind.Dynamic),
    vscode.debug.registerDebugAdapterDescriptorFactory("scoredock", {
      createDebugAdapterDescriptor: ({ configuration }) => {
        const { connect } = configuration as Configuration;
        return connect ? new vscode.DebugAdapterServer(connect.port, connect.host) : undefined;
      },
    }),
  ];
}

class Provider implements vscode.DebugConfigurationProvider {
  constructor(private readonly app: App) {}

  provideDebugConfigurations(): Configuration[] {
    return [{ type: "scoredock", request: "attach", name: vscode.l10n.t("Scoredock: attach to the service of this script") }];
  }

  /** F5 without launch.json arrives here with nothing in it. */
  resolveDebugConfiguration(_folder: vscode.WorkspaceFolder | undefined, given: Configuration): Configuration | undefined {
    if (given.type) return given;
    const script = vscode.window.activeTextEditor?.document;
    return script?.languageId === "python"
      ? { type: "scoredock", request: "attach", name: vscode.l10n.t("Attach to the service of this script"), script: script.uri.fsPath }
      : undefined;
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    _folder: vscode.WorkspaceFolder | undefined,
    given: Configuration,
  ): Promise<Configuration | undefined> {
    if (given.connect) return given;
    const target = given.service ?? (given.script ? vscode.Uri.file(given.script) : undefined);
    const service = given.request === "launch" ? await this.launch(target) : await this.running(target);
    if (!service) return undefined;
    const found = await this.app.server.requestWithProgress(vscode.l10n.t("Attaching to {0}", service.name), Attach, {
      name: service.name,
    });
    return withConnection({ ...given, type: await chosenType(service), service: service.name }, found);
  }

  private async running(target: unknown): Promise<ServiceView | undefined> {
    return (await serviceFor(this.app, target)) ?? (await deploy(this.app, scriptFrom(target)));
  }

  /** Debug from the start: a new service that stands before the first line of the script. */
  private launch(target: unknown): Promise<ServiceView | undefined> {
    return deploy(this.app, scriptFrom(target), undefined, true);
  }
}

/** Scoredock's own type, or by choice that of the ms-python debugger, where it is installed: it connects to the same port. */
async function chosenType(service: ServiceView): Promise<string> {
  if (configuration(vscode.Uri.parse(service.scriptUri)).get("debugger") !== "debugpy") return "scoredock";
  const other = vscode.extensions.getExtension("ms-python.debugpy");
  await other?.activate();
  return other ? "debugpy" : "scoredock";
}

/** What a request that is about to be sent is to be stopped at, beside the user's own breakpoints. */
export interface Stops {
  /** The first line of `run`, if the user has no breakpoint. */
  stopAtRun?: boolean;
  /** Where an exception leaves the user's code. */
  stopOnRaise?: boolean;
}

/** Has the debugger in a service, attaching it if it is not there yet; returns when every breakpoint is set. */
export async function debugged(service: ServiceView, stops: Stops): Promise<vscode.DebugSession | undefined> {
  const session = sessionOf(service.name) ?? (await attached(service));
  await session?.customRequest("scoredock/sample", stops);
  return session;
}

const sessions = new Map<string, vscode.DebugSession>();

function sessionOf(name: string): vscode.DebugSession | undefined {
  return sessions.get(name);
}

export async function attached(service: ServiceView): Promise<vscode.DebugSession | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(service.scriptUri));
  const name = vscode.l10n.t("Attach to {0}", service.name);
  const started = await vscode.debug.startDebugging(folder, { type: "scoredock", request: "attach", name, service: service.name });
  return started ? sessionOf(service.name) : undefined;
}

/** Which session is whose: several services may be debugged at once. */
function followSessions(): vscode.Disposable[] {
  // The ms-python debugger's sessions are ours where they carry the secret.
  const nameOf = ({ type, configuration: given }: vscode.DebugSession) =>
    type === "scoredock" || "accessToken" in given ? (given as Configuration).service : undefined;
  return [
    vscode.debug.onDidStartDebugSession((session) => {
      const name = nameOf(session);
      if (name) sessions.set(name, session);
    }),
    vscode.debug.onDidTerminateDebugSession((session) => {
      const name = nameOf(session);
      if (name && sessions.get(name) === session) sessions.delete(name);
    }),
  ];
}

/** What the debug session is told: where it is, and the secret that lets it in. Everything else is the user's word. */
export function withConnection(given: Configuration, found: AttachResult): Configuration {
  return {
    justMyCode: true,
    ...given,
    request: "attach",
    accessToken: found.accessToken,
    connect: { host: found.host, port: found.port },
  };
}
