// Models in the workbench: registered by the Explorer's menu and by dropping them, and written into a deployment file.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing } from "./installation";
import { wait } from "./patience";
import type { Window } from "./window";

const BLUE = `# ours
name: blue
endpoint_name: digits
model:   # the best so far
  path: model/old.pkl   # trained in May
code_configuration: {code: ., scoring_script: score.py}
environment: {image: x, conda_file: conda.yml}
instance_type: Standard_DS3_v2
`;

describe.skipIf(missing())("models in the workbench", () => {
  let editor: Installation;
  let window: Window;

  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"));
    const folder = editor.folder("models", {
      "deployment.yml": BLUE,
      "score.py": "def init():\n    pass\n\n\ndef run(data):\n    return data\n",
      "conda.yml": "dependencies: [python=3.11, pip, {pip: [azureml-inference-server-http]}]\n",
      "digits.pkl": "\x80\x04N.",
      "second.pkl": "\x80\x04N.",
    });
    window = await editor.open(folder);
    await window.file("score.py");
    await window.lens("Run locally").waitFor({ timeout: 60_000 });
    await window.command("View: Show Explorer");
  }, 300_000);
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(() => editor.stop());

  const inExplorer = (name: string) => window.page.locator(".explorer-folders-view .monaco-list-row").filter({ hasText: name }).first();
  const inModels = (text: string) => window.page.locator(".pane-body .monaco-list-row").filter({ hasText: text }).first();
  const deployment = () => readFileSync(path.join(window.folder, "deployment.yml"), "utf8");

  async function choose(file: string, entry: string): Promise<void> {
    await inExplorer(file).click({ button: "right" });
    const item = window.page.locator(".monaco-menu .action-item").filter({ hasText: entry }).first();
    await item.hover();
    await item.and(window.page.locator(".focused")).waitFor();
    await window.page.keyboard.press("Enter");
    await item.waitFor({ state: "detached" });
  }

  it("writes the path of a file into the deployment, comments and layout as they were", async () => {
    await choose("digits.pkl", "Use in Deployment");
    await wait("the new path on the disk", () => deployment().includes("digits.pkl"));
    expect(deployment()).toBe(BLUE.replace("model/old.pkl", "digits.pkl"));
  });

  it("registers a file by its menu", async () => {
    await choose("digits.pkl", "Register Model");
    await window.accept("digits");
    await window.command("View: Show Scoredock");
    await inModels("digits").click();
    await inModels("version 1").waitFor();
  });

  it("writes a registered version into the deployment", async () => {
    const row = inModels("version 1");
    await row.hover();
    await row.locator(".action-label[aria-label='Use in Deployment']").click();
    await wait("the reference on the disk", () => deployment().includes("azureml:digits:1"));
    expect(deployment()).toBe(BLUE.replace(/model: .*\n.*\n/, "model: azureml:digits:1   # the best so far\n"));
    await window.screenshot("models");
  });

  it("registers what is dropped on the view", async () => {
    await window.command("View: Show Scoredock");
    const row = inModels("digits");
    await row.waitFor();
    // As the Explorer of a browser names the files of the machine that serves it.
    const uri = `vscode-remote://${new URL(window.page.url()).host}${path.join(window.folder, "second.pkl")}`;
    const made = `const dropped = new DataTransfer(); dropped.setData("text/uri-list", ${JSON.stringify(uri)}); return dropped;`;
    const dataTransfer = await window.page.evaluateHandle(`(() => { ${made} })()`);
    for (const event of ["dragenter", "dragover", "drop"]) await row.dispatchEvent(event, { dataTransfer });
    await window.accept("second");
    await inModels("second").waitFor();
  });
});
