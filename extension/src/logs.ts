// One output channel for each service whose log the user has asked for; it follows as long as the service is there.
import * as vscode from "vscode";
import { FollowLog, LogLinesCame } from "./protocol";
import { problemOf, type Server } from "./server";

export class ServiceLogs implements vscode.Disposable {
  private readonly channels = new Map<string, vscode.OutputChannel>();
  private readonly following = new Map<string, vscode.CancellationTokenSource>();
  private readonly cutOff = new Set<string>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [
      server.onStarted(() => {
        server.hear(LogLinesCame, ({ name, lines }) => {
          for (const line of lines) this.channels.get(name)?.appendLine(line);
        });
        // The services have not noticed that the server was away: their logs go on where they are shown.
        const cutOff = [...this.cutOff];
        this.cutOff.clear();
        for (const name of cutOff) this.start(name);
      }),
      server.onEnded(() => {
        for (const name of this.following.keys()) this.cutOff.add(name);
        this.following.clear();
      }),
    ];
  }

  show(name: string): void {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = vscode.window.createOutputChannel(`Scoredock: ${name}`, "log");
      this.channels.set(name, channel);
    }
    channel.show(true);
    this.start(name);
  }

  private start(name: string): void {
    const channel = this.channels.get(name);
    if (channel && !this.following.has(name)) void this.follow(name, channel);
  }

  private async follow(name: string, channel: vscode.OutputChannel): Promise<void> {
    const source = new vscode.CancellationTokenSource();
    this.following.set(name, source);
    channel.clear();
    try {
      await this.server.request(FollowLog, { name }, source.token);
      channel.appendLine(vscode.l10n.t("-- the service has ended --"));
    } catch (error) {
      if (!this.cutOff.has(name)) channel.appendLine(`-- ${problemOf(error).message} --`);
    } finally {
      if (this.following.get(name) === source) this.following.delete(name);
      source.dispose();
    }
  }

  dispose(): void {
    for (const source of this.following.values()) source.cancel();
    for (const channel of this.channels.values()) channel.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
