// What runs, as the server last said; everything that shows services looks here.
import * as vscode from "vscode";
import { type ServiceList, Services, ServicesChanged, type ServiceView, WatchServices } from "./protocol";
import type { Server } from "./server";

const ANSWERING = ["healthy", "busy", "held", "unhealthy"];

export const answers = (service: ServiceView): boolean => ANSWERING.includes(service.state);

export class RunningServices implements vscode.Disposable {
  private list: readonly ServiceView[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: { dispose(): unknown }[] = [this.changed];
  private visible = false;
  private nowKnown: () => void = () => undefined;
  /** Resolves when what runs has been asked for, or cannot be. */
  readonly known = new Promise<void>((resolve) => (this.nowKnown = resolve));
  readonly onChanged = this.changed.event;

  constructor(private readonly server: Server) {
    this.subscriptions.push(
      server.onStarted(() => {
        server.hear(ServicesChanged, (list) => this.take(list));
        this.watch(this.visible);
        // A server that was killed took with it what it would have told: whatever is shown is asked for anew.
        void this.refresh().catch(() => this.nowKnown());
      }),
      server.onFailed(() => this.nowKnown()),
      // Services are started by the command line and by other windows too.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && server.running) void this.refresh().catch(() => undefined);
      }),
    );
  }

  get all(): readonly ServiceView[] {
    return this.list;
  }

  named(name: string): ServiceView | undefined {
    return this.list.find((service) => service.name === name);
  }

  /** The services of one document: of its script, or of its deployment file. */
  of(uri: vscode.Uri): readonly ServiceView[] {
    const text = uri.toString();
    return this.list.filter((service) => [service.scriptUri, service.projectUri].some((own) => vscode.Uri.parse(own).toString() === text));
  }

  /** Whether somebody looks: the server asks the engines often only then. */
  watch(visible: boolean): void {
    this.visible = visible;
    this.server.notify(WatchServices, { visible });
  }

  async refresh(): Promise<void> {
    this.take(await this.server.request(Services, {}));
  }

  private take(list: ServiceList): void {
    this.list = list.services;
    void vscode.commands.executeCommand("setContext", "scoredock.hasServices", list.services.length > 0);
    this.nowKnown();
    this.changed.fire();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
