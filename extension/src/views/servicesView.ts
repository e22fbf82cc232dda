// The Services view: what runs on this machine, whoever started it.
import * as vscode from "vscode";
import type { ServiceView } from "../protocol";
import type { RunningServices } from "../services";
import { serviceDescription, serviceIcon, serviceTooltip, stateText } from "./serviceText";

/** Milliseconds after which the times in sight are written anew. */
const MINUTE_HAND = 20_000;

export class ServicesView implements vscode.TreeDataProvider<ServiceView>, vscode.Disposable {
  private readonly view: vscode.TreeView<ServiceView>;
  private readonly subscriptions: { dispose(): unknown }[];
  private readonly clock: NodeJS.Timeout;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly services: RunningServices) {
    this.view = vscode.window.createTreeView("scoredock.services", { treeDataProvider: this });
    this.subscriptions = [
      this.view,
      this.changed,
      this.view.onDidChangeVisibility(({ visible }) => services.watch(visible)),
      services.onChanged(() => {
        const count = services.all.length;
        const tooltip = count === 1 ? vscode.l10n.t("1 service") : vscode.l10n.t("{0} services", count);
        this.view.badge = count ? { value: count, tooltip } : undefined;
        this.changed.fire();
      }),
    ];
    services.watch(this.view.visible);
    this.clock = setInterval(() => {
      if (this.view.visible && services.all.length) this.changed.fire();
    }, MINUTE_HAND);
  }

  /** Nothing is said of services before they have been asked for: "none is running" may not be true. */
  async getChildren(element?: ServiceView): Promise<ServiceView[]> {
    if (element) return [];
    await this.services.known;
    return [...this.services.all];
  }

  getTreeItem(service: ServiceView): vscode.TreeItem {
    const item = new vscode.TreeItem(service.name);
    item.id = `${service.target}:${service.name}`;
    item.description = serviceDescription(vscode.l10n, service, Date.now() / 1000);
    item.tooltip = new vscode.MarkdownString(serviceTooltip(vscode.l10n, service));
    const icon = serviceIcon(service.state);
    item.iconPath = new vscode.ThemeIcon(icon.id, icon.color ? new vscode.ThemeColor(icon.color) : undefined);
    item.contextValue = `service.${service.state}`;
    item.command = { command: "vscode.open", title: vscode.l10n.t("Open"), arguments: [vscode.Uri.parse(service.scriptUri)] };
    item.accessibilityInformation = { label: `${service.name}, ${stateText(vscode.l10n, service.state)}, ${item.description}` };
    return item;
  }

  dispose(): void {
    clearInterval(this.clock);
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
