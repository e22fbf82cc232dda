// A view over a list that the server gives when the view is seen: Environments and Models are two of them.
import * as vscode from "vscode";
import type { ModelVersion } from "../protocol";
import type { Server } from "../server";
import { problemOf } from "../server";

export interface Node {
  readonly item: vscode.TreeItem;
  /** Asked for when the node is opened. */
  readonly children?: () => Promise<readonly Node[]> | readonly Node[];
  /** The version that commands on this row are about. */
  readonly model?: ModelVersion;
}

/** The file that a node of a view is about, if it is about one. */
export function fileOf(given: unknown): vscode.Uri | undefined {
  return typeof given === "object" && given !== null && "item" in given && given.item instanceof vscode.TreeItem ? given.item.resourceUri : undefined;
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
    try {
      if (node) return [...(await (node.children?.() ?? []))];
      await this.server.whenRunning();
      const nodes = await this.load();
      this.view.message = "";
      return [...nodes];
    } catch (error) {
      this.view.message = problemOf(error).message;
      return [];
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
