// Seeing and mending mistakes, and what the editor does when its server dies.
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing } from "./installation";
import { wait } from "./patience";
import type { Window } from "./window";

const SCRIPT = `import json

import joblib


def init():
    global model
    model = joblib.load("model.joblib")


def run(data):
    answer = model.predict(json.loads(data))
    return json.dumps({"answer": answer.tolist()})
`;

describe.skipIf(missing())("checking in the workbench", () => {
  let editor: Installation;
  let window: Window;
  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"));
    window = await editor.open(editor.folder("w", { "score.py": SCRIPT }));
    await window.file("score.py");
  });
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(() => editor.stop());

  it("shows a squiggle and the rule's message", async () => {
    await window.page.locator(".squiggly-warning").first().waitFor();
    await wait("SD301 in the Problems panel", async () => (await window.problems()).some((text) => text.includes("SD301")));
    await window.screenshot("squiggle");
  });

  it("explains the rule on hover", async () => {
    await window.goTo(13, 18);
    await window.command("Show or Focus Hover");
    await window.page.locator(".monaco-hover").filter({ hasText: "result-encoded-twice" }).first().waitFor();
    await window.screenshot("hover");
    await window.page.keyboard.press("Escape");
  });

  it("mends it with the keyboard, and the squiggle goes", async () => {
    await window.goTo(13, 18);
    await window.page.keyboard.press("Control+.");
    await window.page.locator(".action-widget").filter({ hasText: "Return the object itself" }).waitFor();
    await window.screenshot("quick-fix");
    await window.page.keyboard.press("Enter");
    await window.editorText('return {"answer": answer.tolist()}').waitFor();
    await window.page.locator(".squiggly-warning").waitFor({ state: "detached" });
  });

  it("completes the names that Azure sets", async () => {
    await window.goTo(13, 1);
    await window.page.keyboard.press("Control+End");
    await window.page.keyboard.insertText("import os\nos.environ['AZUREML_M");
    await window.page.keyboard.press("Control+Space");
    const row = window.page.locator(".suggest-widget .monaco-list-row").filter({ hasText: "AZUREML_MODEL_DIR" }).first();
    await row.waitFor();
    await row.click();
    await window.editorText("AZUREML_MODEL_DIR").waitFor();
  });

  it("says in the language status how the server is", async () => {
    await window.page.locator('[id="status.languageStatus"]').click();
    const status = window.page.locator(".hover-language-status").filter({ hasText: "Scoredock" });
    await status.waitFor();
    expect(await status.innerText()).toMatch(/\d+\.\d+\.\d+/);
    await window.page.keyboard.press("Escape");
  });

  it("has a walkthrough with a picture and an action for each step", async () => {
    await window.command("Welcome: Open Walkthrough...");
    await window.pick("Score a digit on your own machine");
    const steps = window.page.locator(".getting-started-step");
    await steps.filter({ hasText: "Make the sample project" }).waitFor();
    expect(await steps.count()).toBe(5);
    for (const title of ["See a mistake while you type", "Run it locally", "Score a digit", "Change the script and save"]) {
      await steps.filter({ hasText: title }).first().click();
      await steps.filter({ hasText: title }).locator(".button-container").first().waitFor();
    }
    await window.screenshot("walkthrough");
    await window.focusTab("score.py");
  });

  it("starts a killed server again with one notice, and goes on checking", async () => {
    const [first] = editor.servers();
    expect(first).toBeDefined();
    process.kill(Number(first), "SIGKILL");
    await window.toast("was started again").first().waitFor();
    expect(await window.toast("was started again").count()).toBe(1);
    await wait("a new server", () => editor.servers().some((pid) => pid !== first));
    await window.goTo(1, 1);
    await window.page.keyboard.insertText("def (\n");
    await window.page.locator(".squiggly-error").first().waitFor();
  });

  it("is awake in a workspace with an entry script, and in no other", async () => {
    await wait("the killed server to be gone", () => editor.servers().length === 1);
    const before = editor.servers();
    const other = await editor.open(editor.folder("other", { "main.py": "print('hello')\n", "config.yml": "a: 1\n" }));
    await other.file("main.py");
    // By then every extension that the workspace wakes up is awake: ours would have started a server.
    const running = await other.runningExtensions();
    expect(running).not.toEqual([]);
    expect(running.filter((text) => text.includes("Scoredock"))).toEqual([]);
    expect(editor.servers()).toEqual(before);
    await other.close();
    expect((await window.runningExtensions()).filter((text) => text.includes("Scoredock"))).toHaveLength(1);
  });

  it("is quiet in its log", () => {
    expect(editor.log()).not.toContain("Traceback");
  });
});

describe.skipIf(missing())("Restricted Mode", () => {
  let editor: Installation;
  let window: Window;
  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"), { trust: true, settings: { "security.workspace.trust.startupPrompt": "never" } });
    window = await editor.open(editor.folder("w", { "score.py": SCRIPT }));
    await window.file("score.py");
  });
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(() => editor.stop());

  it("checks, and offers nothing that runs", async () => {
    await window.page.locator(".squiggly-warning").first().waitFor();
    expect(await window.page.getByText("Restricted Mode").count()).toBeGreaterThan(0);
    expect(await window.commandsMatching("Scoredock: Run")).toEqual([]);
    await window.lens("Run locally").click();
    await window.page.locator(".workspace-trust-editor").waitFor();
    await window.screenshot("restricted");
  });

  it("runs after trust is given, without a reload", async () => {
    // What is left on the page would be gone after a reload. (The trust editor is no sign: the workbench may close it.)
    await window.page.evaluate(() => Object.assign(globalThis, { before: true }));
    await window.page.locator(".workspace-trust-editor .monaco-button").filter({ hasText: /^Trust/ }).first().click();
    await wait("the command", async () => (await window.commandsMatching("Scoredock: Run")).length > 0);
    expect(await window.page.evaluate(() => "before" in globalThis)).toBe(true);
  });
});
