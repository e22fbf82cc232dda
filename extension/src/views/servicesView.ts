// The Services view: what runs on this machine, whoever started it.
import * as vscode from "vscode";
import type { ServiceView } from "../protocol";
import type { RunningServices } from "../services";
import { serviceDescription, serviceIcon, serviceTooltip } from "./serviceText";

export class ServicesView implements vscode.TreeDataProvider<ServiceView>, vscode.Disposable {
  private readonly view: vscode.TreeView<ServiceView>;
  private readonly subscriptions: vscode.Disposable[];
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(private readonly services: RunningServices) {
    this.onDidChangeTreeData = services.onChanged;
    this.view = vscode.window.createTreeView("scoredock.services", { treeDataProvider: this });
    this.subscriptions = [
      this.view,
      this.view.onDidChangeVisibility(({ visible }) => services.watch(visible)),
      services.onChanged(() => {
        const count = services.all.length;
        this.view.badge = count ? { value: count, tooltip: vscode.l10n.t("{0} services", count) } : undefined;
      }),
    ];
    services.watch(this.view.visible);
  }

  getChildren(element?: ServiceView): ServiceView[] {
    return element ? [] : [...this.services.all];
  }

  getTreeItem(service: ServiceView): vscode.TreeItem {
    const item = new vscode.TreeItem(service.name);
    item.id = `${service.target}:${service.name}`;
    item.description = serviceDescription(service, Date.now() / 1000);
    item.tooltip = new vscode.MarkdownString(serviceTooltip(service));
    const icon = serviceIcon(service.state);
    item.iconPath = new vscode.ThemeIcon(icon.id, icon.color ? new vscode.ThemeColor(icon.color) : undefined);
    item.contextValue = `service.${service.state}`;
    item.accessibilityInformation = { label: `${service.name}, ${service.state}, ${item.description}` };
    return item;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
