// Sends samples to services and shows the answers; after each update that took effect the last sample is sent again.
import * as vscode from "vscode";
import type { Answers } from "./panel/answers";
import { Samples, type Sample, Score, type ScoreParams, type ServiceUpdated, ServiceWasUpdated, type ServiceView } from "./protocol";
import type { Server } from "./server";
import type { RunningServices } from "./services";
import { problemOf } from "./server";

const LAST = "scoredock.samples";

export class Scoring implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  /** What was last said of each service that could not be updated. */
  private readonly refusals = new Map<string, string>();

  constructor(
    private readonly state: vscode.Memento,
    private readonly server: Server,
    private readonly services: RunningServices,
    private readonly answers: Answers,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscription = server.onStarted(() => {
      server.hear(ServiceWasUpdated, (update) => {
        if (update.problem) this.refused(update);
        else void this.again(update.name);
      });
    });
  }

  /** Sends a sample: the one sent last, or the only one, or one that the user picks; `pick` asks in any case. */
  async score(service: ServiceView, pick: boolean): Promise<void> {
    const { samples } = await this.server.request(Samples, { name: service.name });
    const last = this.state.get<Record<string, string>>(LAST, {})[service.name];
    const known = samples.find((sample) => sample.label === last);
    const chosen = !pick && known ? known : samples.length === 1 ? samples[0] : await pickSample(samples, last);
    if (!chosen) return;
    await this.state.update(LAST, { ...this.state.get<Record<string, string>>(LAST, {}), [service.name]: chosen.label });
    await this.send(service, chosen.label, chosen.uri ? { sampleUri: chosen.uri } : { body: chosen.body });
  }

  /** Sends the request that failed last once more, whoever sent it the first time. */
  async replay(service: ServiceView): Promise<void> {
    await this.send(service, vscode.l10n.t("the request that failed"), { failed: true });
  }

  private async send(service: ServiceView, label: string, what: Partial<ScoreParams>): Promise<void> {
    const title = vscode.l10n.t("Scoring {0} on {1}", label, service.name);
    const result = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
      this.server.request(Score, { name: service.name, ...what }),
    );
    const generation = this.services.named(service.name)?.generation ?? service.generation;
    await this.answers.show(service.name, { result, at: new Date(), generation });
    if (result.status) void vscode.commands.executeCommand("setContext", "scoredock.hasScored", true);
  }

  /** A save that did not reach the service: the old code answers. A line of code has its squiggle; anything else is said, once. */
  private refused({ name, problem, shown }: ServiceUpdated): void {
    this.log.warn(`${name}: ${problem}`);
    if (shown || this.refusals.get(name) === problem) return;
    this.refusals.set(name, problem);
    void vscode.window
      .showWarningMessage(vscode.l10n.t("{0} goes on with the old code. {1}", name, problem), vscode.l10n.t("Show Log"))
      .then((answer) => answer && this.log.show());
  }

  /** After an update: the same sample once more, if its answer is in sight. */
  private async again(name: string): Promise<void> {
    this.refusals.delete(name);
    void vscode.commands.executeCommand("setContext", "scoredock.hasUpdated", true);
    if (!this.answers.isVisible(name)) return;
    try {
      await this.services.refresh();
      const service = this.services.named(name);
      if (service) await this.score(service, false);
    } catch (error) {
      this.log.warn(`${name}: ${problemOf(error).message}`);
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

async function pickSample(samples: readonly Sample[], last: string | undefined): Promise<Sample | undefined> {
  if (samples.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t("There is no sample request. Put a JSON file into a folder named requests beside the script."),
    );
    return undefined;
  }
  const items = [...samples]
    .sort((a, b) => Number(b.label === last) - Number(a.label === last))
    .map((sample) => ({ label: sample.label, description: sample.label === last ? vscode.l10n.t("sent last") : "", sample }));
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t("Which sample is sent?") });
  return picked?.sample;
}
