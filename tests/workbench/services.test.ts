// The main job as a user does it: run the sample from the lens, score a digit, change the script, see the new answer.
import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { answerOf, runPython, scoringUri, states, stopServices } from "./hosting";
import { Installation, missing } from "./installation";
import { wait } from "./patience";
import type { Window } from "./window";

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
    stopServices(editor);
    await editor.stop();
  });

  it("runs the script from the lens", async () => {
    await window.lens("Run locally").click();
    await window.lens("healthy").waitFor({ timeout: 80_000 });
  });

  it("shows the service in the tree", async () => {
    await window.command("View: Show Scoredock");
    await serviceRow(window).waitFor();
    expect(await serviceRow(window).innerText()).toMatch(/:\d+/);
    await window.screenshot("services");
  });

  it("scores the digit and shows the answer beside the script", async () => {
    await window.lens("Score a sample").click();
    await window.editorText('"predictions": [2]').waitFor();
    await window.screenshot("answer");
  });

  it("shows the new answer against the old one after a save", async () => {
    await window.focusTab("score.py");
    await window.type(lineOf(window, '"predictions": predictions.tolist()'), 9, '"new": "yes", ');
    await window.save();
    await window.editorText('"new": "yes"').waitFor();
    await window.editorText("after update 1").waitFor();
    await window.screenshot("new-answer");
  });

  it("shows a broken init on its line, and the old code goes on", async () => {
    await window.type(lineOf(window, "def init") + 1, 5, BREAK);
    await window.save();
    await wait("SD501 in the Problems panel", async () => (await window.problems()).some((text) => text.includes("SD501")));
    expect((await window.problems()).join("\n")).toContain("no such model");
    await window.screenshot("crash");
    expect(await answerOf(scoringUri(editor), digit(window))).toMatchObject({ predictions: [2], new: "yes" });
  });

  it("shows the same service in a second window, and both go on when one is closed", async () => {
    const second = await editor.open(window.folder);
    await second.file("score.py");
    await second.lens("healthy").waitFor();
    await second.command("View: Show Scoredock");
    await serviceRow(second).waitFor();
    await second.lens("Score a sample").click();
    await second.editorText('"predictions": [2]').waitFor();
    await second.close();
    expect(await answerOf(scoringUri(editor), digit(window))).toMatchObject({ predictions: [2] });
    await window.lens("healthy").waitFor();
  });

  it("loses no service when the language server is killed", async () => {
    const uri = scoringUri(editor);
    await wait("the closed window's server to end", () => editor.servers().length === 1);
    const before = editor.servers();
    const scored = () => editor.log("digits-blue.log").split("digits scored").length;
    await window.command("Scoredock: Show Service Log");
    await wait("the requests so far in the service's log", () => scored() > 1);
    const shown = scored();
    process.kill(Number(before[0]), "SIGKILL");
    expect(await answerOf(uri, digit(window))).toMatchObject({ predictions: [2] });
    await serviceRow(window).waitFor();
    await window.toast("was started again").first().waitFor();
    await wait("a new server", () => editor.servers().some((pid) => pid !== before[0]));
    expect(scoringUri(editor)).toBe(uri);
    await serviceRow(window).waitFor();
    await window.focusTab("score.py");
    await window.lens("healthy").waitFor();
    // What the new server is asked to do with the service works as before: the script is mended, and its answer comes.
    await window.erase(lineOf(window, "def init") + 1, 5, BREAK);
    await window.save();
    await window.editorText("after update 2").waitFor();
    await wait("the service's log to go on", () => scored() > shown);
    expect(states(editor)).toEqual(["healthy"]);
  });

  it("shows what is inside a registered model", async () => {
    runPython(editor, ["-m", "scoredock", "model", "register", "--name", "digits", path.join(window.folder, "model", "digits.joblib")]);
    await window.command("View: Show Scoredock");
    const view = window.page.locator(".pane").filter({ has: window.page.getByText("Models", { exact: true }) });
    await view.hover();
    await view.getByRole("button", { name: "Refresh" }).click();
    await view.locator(".monaco-list-row").filter({ hasText: "digits" }).click();
    await view.locator(".monaco-list-row").filter({ hasText: "version 1" }).click();
    const fact = (what: string, value: RegExp) => view.locator(".monaco-list-row").filter({ hasText: what }).filter({ hasText: value }).first().waitFor();
    await fact("class", /LogisticRegression|Pipeline|Classifier|SVC/);
    await fact("made with", /scikit-learn \d/);
    await window.screenshot("models");
  });

  it("stops the service from the palette", async () => {
    await window.command("Scoredock: Stop Service");
    await window.lens("healthy").waitFor({ state: "detached" });
    await wait("no service", () => states(editor).length === 0);
  });
});

const serviceRow = (window: Window) =>
  window.page.locator(".monaco-list-row").filter({ hasText: "digits" }).filter({ hasText: "process" }).first();

const BREAK = 'raise ValueError("no such model"); ';

/** The line of the saved script with a text in it. */
function lineOf(window: Window, text: string): number {
  const found = window.read("score.py").split("\n").findIndex((line) => line.includes(text)) + 1;
  expect(found).toBeGreaterThan(0);
  return found;
}

const digit = (window: Window): string => window.read("requests/digit-two.json");

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
