// A view over a list that the server gives when the view is seen: Environments and Models are two of them.
import * as vscode from "vscode";
import type { ModelVersion } from "../protocol";
import type { Server } from "../server";
import { problemOf } from "../server";

export interface Node {
  readonly item: vscode.TreeItem;
  readonly children?: readonly Node[];
  /** The version that commands on this row are about. */
  readonly model?: ModelVersion;
}

export class ListView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: { dispose(): unknown }[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    id: string,
    private readonly server: Server,
    private readonly load: () => Promise<readonly Node[]>,
    dragAndDropController?: vscode.TreeDragAndDropController<Node>,
  ) {
    this.view = vscode.window.createTreeView(id, {
      treeDataProvider: this,
      showCollapseAll: true,
      ...(dragAndDropController && { dragAndDropController }),
    });
    this.subscriptions = [this.view, this.changed, server.onStarted(() => this.refresh())];
  }

  refresh(): void {
    this.changed.fire();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.item;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node) return [...(node.children ?? [])];
    if (!this.server.running) return [];
    try {
      this.view.message = "";
      return [...(await this.load())];
    } catch (error) {
      this.view.message = problemOf(error).message;
      return [];
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
