// A workspace whose files are on no disk: they are checked, and nothing is run.
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing, root, wait, type Window } from "./workbench";

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

  it("offers nothing that would run", async () => {
    expect(await window.page.locator(".codelens-decoration a").count()).toBe(0);
    expect(await window.commandsMatching("Scoredock: Run")).toEqual([]);
    expect(await window.page.locator(".notification-toast").count()).toBe(0);
  });
});
