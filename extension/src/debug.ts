// The debug type `scoredock`: attaches to a service that runs (or starts it first). No other extension is needed.
import * as vscode from "vscode";
import type { App } from "./app";
import { deploy } from "./deploying";
import { Attach, type AttachResult } from "./protocol";
import { scriptFrom, serviceFor } from "./targets";

interface Configuration extends vscode.DebugConfiguration {
  service?: string;
  script?: string;
  connect?: { host: string; port: number };
}

export function registerDebugging(app: App): vscode.Disposable[] {
  const provider = new Provider(app);
  return [
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
    const service = (await serviceFor(this.app, target)) ?? (await deploy(this.app, scriptFrom(target)));
    if (!service) return undefined;
    const found = await this.app.server.requestWithProgress(vscode.l10n.t("Attaching to {0}", service.name), Attach, {
      name: service.name,
    });
    return withConnection(given, found);
  }
}

/** What the debug adapter is told: where it is, and which paths are the same file on both sides. The user's word counts. */
export function withConnection(given: Configuration, found: AttachResult): Configuration {
  return {
    justMyCode: found.justMyCode,
    pathMappings: found.pathMappings,
    ...given,
    request: "attach",
    connect: { host: found.host, port: found.port },
  };
}
