// A workspace whose files are on no disk: they are checked, and nothing is run.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing, root } from "./installation";
import { wait } from "./patience";
import type { Window } from "./window";

const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), "utf8")) as Record<string, string>;

describe.skipIf(missing())("a virtual workspace", () => {
  let editor: Installation;
  let window: Window;
  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"), { extensions: [path.join(root, "tests/workbench/memory")] });
    const folder = editor.folder("w", { "m.code-workspace": JSON.stringify({ folders: [{ uri: "memory:/project" }] }) });
    window = await editor.open(path.join(folder, "m.code-workspace"));
    await window.page.locator(".explorer-folders-view .monaco-list-row").filter({ hasText: "score.py" }).dblclick();
    await window.page.locator('.tab[data-resource-name="score.py"]').waitFor();
  });
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(() => editor.stop());

  it("checks its scripts", async () => {
    await wait("SD102 in the Problems panel", async () => (await window.problems()).some((text) => text.includes("SD102")));
  });

  it("mends what it finds", async () => {
    await window.goTo(1, 1);
    await window.page.keyboard.press("Control+.");
    await window.page.locator(".action-widget").filter({ hasText: "Add an empty `init`" }).waitFor();
    await window.page.keyboard.press("Enter");
    await window.editorText("def init():").waitFor();
    await wait("no SD102", async () => !(await window.problems()).some((text) => text.includes("SD102")));
  });

  it("offers nothing that would run, and says so", async () => {
    // The lenses would have come with the findings, which have been there for a while.
    expect(await window.page.locator(".codelens-decoration a").count()).toBe(0);
    const offered = await window.commandsMatching("Scoredock:");
    expect(offered.length).toBeGreaterThan(0);
    expect(offered.filter((row) => /Run|Score a|Debug|Register|Use in|Update|Stop|Attach|Sync/.test(row))).toEqual([]);
    await window.command("Scoredock: Focus on Services View");
    await window.page.locator(".pane-body").filter({ hasText: read("package.nls.json")["virtual"] ?? "nothing" }).first().waitFor();
    expect(await window.page.locator(".notification-toast").count()).toBe(0);
  });
});
