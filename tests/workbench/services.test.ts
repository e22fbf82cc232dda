// The main job as a user does it: run the sample from the lens, score a digit, change the script, see the new answer.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing, root, wait, type Window } from "./workbench";

describe.skipIf(missing())("services in the workbench", () => {
  let editor: Installation;
  let window: Window;

  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"), { settings: { "window.zoomLevel": 0 } });
    makeSample(editor);
    window = await editor.open(path.join(editor.home, "digits"));
    await window.file("score.py");
  }, 300_000);
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(async () => {
    hosting(editor, "[asyncio.run(services.stop(s.name)) for s in asyncio.run(services.list_services())]");
    await editor.stop();
  });

  it("runs the script from the lens", async () => {
    await window.lens("Run locally").click();
    await window.lens("healthy").waitFor({ timeout: 80_000 });
  });

  it("shows the service in the tree", async () => {
    await window.command("View: Show Scoredock");
    const row = window.page.locator(".monaco-list-row").filter({ hasText: "digits" }).filter({ hasText: "process" }).first();
    await row.waitFor();
    expect(await row.innerText()).toMatch(/:\d+/);
    await window.screenshot("services");
  });

  it("scores the digit and shows the answer beside the script", async () => {
    await window.lens("Score a sample").click();
    await window.editorText('"predictions": [2]').waitFor();
    await window.screenshot("answer");
  });

  it("shows the new answer against the old one after a save", async () => {
    const script = window.read("score.py");
    const line = script.split("\n").findIndex((text) => text.includes('"predictions": predictions.tolist()')) + 1;
    expect(line).toBeGreaterThan(0);
    await window.focusTab("score.py");
    await window.type(line, 9, '"new": "yes", ');
    await window.save();
    await window.editorText('"new": "yes"').waitFor();
    await window.editorText("after update 1").waitFor();
    await window.screenshot("new-answer");
  });

  it("shows a broken init on its line, and the old code goes on", async () => {
    const line = window.read("score.py").split("\n").findIndex((text) => text.startsWith("def init")) + 1;
    await window.type(line + 1, 5, 'raise ValueError("no such model"); ');
    await window.save();
    await wait("SD501 in the Problems panel", async () => (await window.problems()).some((text) => text.includes("SD501")));
    expect((await window.problems()).join("\n")).toContain("no such model");
    await window.screenshot("crash");
    expect(states(editor)).toEqual(["healthy"]);
  });

  it("shows the same service in a second window, and both go on when one is closed", async () => {
    const second = await editor.open(window.folder);
    await second.file("score.py");
    await second.lens("healthy").waitFor();
    await second.command("View: Show Scoredock");
    await second.page.locator(".monaco-list-row").filter({ hasText: "digits" }).filter({ hasText: "process" }).first().waitFor();
    await second.close();
    expect(states(editor)).toEqual(["healthy"]);
  });

  it("stops the service from the palette", async () => {
    await window.command("Scoredock: Stop Service");
    await window.lens("healthy").waitFor({ state: "detached" });
    await wait("no service", () => states(editor).length === 0);
  });
});

function python(): string {
  return path.join(root, ".venv", process.platform === "win32" ? "Scripts" : "bin", "python");
}

/** Python on the folders of an installation: it sees the same services as the editor, and asks nothing of it. */
function hosting(editor: Installation, expression: string): string {
  const code = `import asyncio; from scoredock.hosting import services; print(${expression})`;
  return runPython(editor, ["-c", code], 60_000).trim();
}

const states = (editor: Installation): string[] =>
  hosting(editor, "*[s.state.value for s in asyncio.run(services.list_services())]").split(" ").filter(Boolean);

function runPython(editor: Installation, args: string[], timeout: number): string {
  const environment = { ...process.env, SCOREDOCK_HOME: editor.state };
  return execFileSync(python(), args, { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], timeout });
}

/** The sample project with its model trained, its environment ready in the cache of the installation. */
function makeSample(editor: Installation): void {
  const folder = path.join(editor.home, "digits");
  runPython(editor, ["-m", "scoredock", "new", folder], 30_000);
  const make = [
    "import asyncio, subprocess, sys",
    "from pathlib import Path",
    "from scoredock.environment.sync import read_specification, sync",
    "from scoredock.project.values import CondaFile",
    "folder = Path(sys.argv[1])",
    "ready = asyncio.run(sync(read_specification(CondaFile(folder / 'conda.yml'))))",
    "subprocess.run([str(ready.interpreter), 'train.py'], cwd=folder, check=True, stdout=subprocess.DEVNULL)",
  ];
  runPython(editor, ["-c", make.join("\n"), folder], 240_000);
  if (!existsSync(path.join(folder, "model", "digits.joblib"))) throw new Error("train.py made no model");
}
