// The parts of the extension, as the commands see them.
import type * as vscode from "vscode";
import type { ServiceLogs } from "./logs";
import type { Scoring } from "./scoring";
import type { Server } from "./server";
import type { RunningServices } from "./services";
import type { ListView } from "./views/listView";

export interface App {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly server: Server;
  readonly services: RunningServices;
  readonly scoring: Scoring;
  readonly logs: ServiceLogs;
  readonly environments: ListView;
  readonly models: ListView;
}
