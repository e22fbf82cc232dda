// The debugger as a user has it: a click on the gutter, F5, a sample; the line, the variable, another value, another answer.
import type { Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { scoringUri, stopServices } from "./hosting";
import { Installation, missing } from "./installation";
import { until, wait } from "./patience";
import type { Window } from "./window";

const SCRIPT = `import json


def init():
    global weight
    weight = 2


def run(data):
    number = json.loads(data)["number"]
    answer = number * weight
    return {"answer": answer}
`;
const baseImage = process.env["SCOREDOCK_TEST_BASE_IMAGE"];
const FILES = {
  "score.py": SCRIPT,
  "requirements.txt": "azureml-inference-server-http\n",
  "requests/number.json": '{"number": 21}\n',
};
const INIT = SCRIPT.split("\n").findIndex((text) => text.includes("weight = 2")) + 1;
const LINE = SCRIPT.split("\n").findIndex((text) => text.includes("answer = number")) + 1;

describe.skipIf(missing())("the debugger in the workbench", () => {
  let editor: Installation;
  let window: Window;

  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"));
    window = await editor.open(editor.folder("weights", FILES));
    await window.file("score.py");
    await window.lens("Run locally").click();
    await window.lens("healthy").waitFor({ timeout: 240_000 });
  }, 300_000);
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(async () => {
    stopServices(editor);
    await editor.stop();
  });

  it("stops at a breakpoint after a click on the gutter, F5 and a sample", async () => {
    await clickGutter(window, LINE);
    await window.page.locator(".codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified").first().waitFor();
    await window.page.keyboard.press("F5");
    await window.page.locator(".debug-toolbar").waitFor();
    await window.page.locator(".codicon-debug-breakpoint").first().waitFor();
    await window.lens("Score a sample").click();
    await window.page.locator(".debug-top-stack-frame-line").first().waitFor();
    await window.lens("paused in the debugger").waitFor();
    await window.screenshot("stopped");
  });

  it("shows a variable, and a changed one changes the answer", async () => {
    await change(window, "number", "21", "100");
    await window.page.keyboard.press("F5");
    await window.editorText('"answer": 200').waitFor();
    await window.screenshot("changed-answer");
  });

  it("leaves the service as it was", async () => {
    await window.leaveDebugger();
    await window.focusTab("score.py");
    await window.lens("healthy").waitFor();
    await window.lens("Score a sample").click();
    await window.editorText('"answer": 42').waitFor();
  });

  it("debugs a sample from the lens, at the first line of run where there is no breakpoint", async () => {
    await window.focusTab("score.py");
    await clickGutter(window, LINE);
    await window.page.locator(".codicon-debug-breakpoint").first().waitFor({ state: "detached" });
    await window.lens("Debug a sample").click();
    await stoppedIn(window, "run", LINE - 1);
    await goOn(window);
    await window.leaveDebugger();
  });

  it("replays the very request that failed from its finding", async () => {
    const answer = await fetch(scoringUri(editor), { method: "POST", body: '{"nothing": 17}' });
    expect(answer.status).toBe(500);
    await window.focusTab("score.py");
    await wait("SD502 in the Problems panel", async () => (await window.problems()).some((text) => text.includes("SD502")));
    await window.focusTab("score.py");
    const replay = window.page.locator(".action-widget .monaco-list-row").filter({ hasText: "Replay under the debugger" }).first();
    await until(async () => {
      await window.goTo(LINE - 1, 8);
      await window.page.keyboard.press("Control+.");
      await replay.click({ timeout: 4_000 });
    });
    await stoppedIn(window, "run", LINE - 1);
    await window.page.locator(".exception-widget").filter({ hasText: "nothing" }).or(variable(window, "data", "nothing")).first().waitFor();
    await window.screenshot("replay");
    await goOn(window);
    await window.leaveDebugger();
  });

  it("debugs from the start: stops in init", async () => {
    await window.command("Scoredock: Stop Service");
    await window.focusTab("score.py");
    await clickGutter(window, INIT);
    await window.page.locator(".codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified").first().waitFor();
    await window.page.locator(".codelens-decoration a").filter({ hasText: /^\s*Debug$/ }).first().click();
    await stoppedIn(window, "init", INIT);
    await window.page.keyboard.press("F5");
    await window.lens("healthy").waitFor();
    await window.leaveDebugger();
    await window.focusTab("score.py");
    await clickGutter(window, INIT);
    await window.page.locator(".codicon-debug-breakpoint").first().waitFor({ state: "detached" });
  });

  it("knows what may stand in launch.json, and offers its snippets", async () => {
    const wrong = { version: "0.2.0", configurations: [{ name: "x", type: "scoredock", request: "attach", servise: "weights", subProcess: "yes" }] };
    editor.folder("weights", { ".vscode/launch.json": `${JSON.stringify(wrong, null, 2)}\n` });
    await window.file("launch.json");
    await wait("what is wrong in launch.json", async () => {
      const found = (await window.problems()).join("\n");
      return found.includes("servise") && found.includes('"boolean"');
    });
    await window.focusTab("launch.json");
    const lines = window.read(".vscode/launch.json").split("\n");
    const line = lines.findIndex((text) => text.includes("configurations"));
    await window.goTo(line + 1, (lines[line] ?? "").length + 1);
    await window.page.keyboard.press("Enter");
    await until(async () => {
      await window.page.keyboard.press("Control+Space");
      await window.page.locator(".suggest-widget .monaco-list-row").first().waitFor({ timeout: 4_000 });
    });
    await window.page.keyboard.press("ArrowUp"); // to the end: the list draws no more rows than fit
    for (const title of ["Attach to a running service", "Debug from the start"])
      await window.page.locator(".suggest-widget .monaco-list-row").filter({ hasText: `Scoredock: ${title}` }).first().waitFor();
    await window.page.keyboard.press("Escape");
    await window.command("File: Revert File");
  });
});

describe.skipIf(missing() ?? !baseImage)("the debugger in the workbench, in a container", () => {
  let editor: Installation;
  let window: Window;

  beforeAll(async () => {
    // What a company with a mirror of Azure's images sets.
    editor = await Installation.start(inject("vsix"), { environment: { SCOREDOCK_BASE_IMAGE: baseImage ?? "" } });
    window = await editor.open(editor.folder("weights", FILES));
    await window.file("score.py");
    await window.lens("Run in Docker").click();
    await window.lens("healthy").waitFor({ timeout: 240_000 });
  }, 300_000);
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(async () => {
    stopServices(editor);
    await editor.stop();
  });

  it("stops, shows and changes a variable, and the changed answer comes", async () => {
    await clickGutter(window, LINE);
    await window.page.locator(".codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified").first().waitFor();
    await window.page.keyboard.press("F5");
    await window.page.locator(".debug-toolbar").waitFor();
    await window.page.locator(".codicon-debug-breakpoint").first().waitFor();
    await window.lens("Score a sample").click();
    await stoppedIn(window, "run", LINE);
    await change(window, "number", "21", "100");
    await window.page.keyboard.press("F5");
    await window.editorText('"answer": 200').waitFor();
    await window.screenshot("container-changed-answer");
    await window.leaveDebugger();
  });

  it("debugs the sample from the Services view", async () => {
    await window.focusTab("score.py");
    await clickGutter(window, LINE);
    await window.page.locator(".codicon-debug-breakpoint").first().waitFor({ state: "detached" });
    await window.command("View: Show Scoredock");
    const row = window.page.locator(".monaco-list-row").filter({ hasText: "weights" }).filter({ hasText: "docker" }).first();
    const item = window.page.locator(".monaco-menu .action-label").filter({ hasText: "Debug a Sample" }).first();
    await until(async () => {
      // A menu takes no click in the moment after it has opened, and may close without having taken one.
      if (!(await item.isVisible())) await row.click({ button: "right" });
      await item.click({ delay: 50, timeout: 2_000 });
      await window.page.locator(".debug-toolbar").waitFor({ timeout: 20_000 });
    });
    await stoppedIn(window, "run", LINE - 1);
    await goOn(window);
    await window.leaveDebugger();
  });
});

/** Waits until the program stands in a function at a line, which is highlighted. */
async function stoppedIn(window: Window, name: string, line: number): Promise<void> {
  await window.page.locator(".debug-top-stack-frame-line").first().waitFor();
  await wait(`${name}, line ${line} in the call stack`, async () => {
    const frames = await window.page.locator(".debug-call-stack .monaco-list-row .stack-frame").allInnerTexts();
    return frames.some((text) => text.includes(name) && text.includes(`${line}`));
  });
}

/** A row of the variables, with its group opened. */
function variable(window: Window, name: string, value: string): Locator {
  return window.page.locator(".debug-view-content .monaco-list-row").filter({ hasText: new RegExp(`^${name}`) }).filter({ hasText: value });
}

async function change(window: Window, name: string, before: string, after: string): Promise<void> {
  const row = variable(window, name, "").first();
  await until(async () => {
    if (!(await row.isVisible())) await window.page.locator(".debug-view-content .monaco-list-row").filter({ hasText: "Locals" }).click();
    await row.waitFor({ timeout: 3_000 });
  });
  expect(await row.innerText()).toContain(before);
  const input = window.page.locator(".debug-view-content .monaco-inputbox input");
  await until(async () => {
    if (!(await input.isVisible())) await row.locator(".value").dblclick({ timeout: 4_000 });
    await input.fill(after, { timeout: 4_000 });
  });
  await input.press("Enter");
  await input.waitFor({ state: "hidden" });
  await row.locator(".value", { hasText: after }).waitFor();
}

async function goOn(window: Window): Promise<void> {
  await window.page.keyboard.press("F5");
  await window.page.locator(".debug-top-stack-frame-line").first().waitFor({ state: "detached" });
}

/** Clicks where breakpoints are set: left of a line's number. */
async function clickGutter(window: Window, line: number): Promise<void> {
  const editor = window.page.locator(".editor-instance").filter({ hasText: "def run" }).first();
  const number = editor.locator(".margin-view-overlays .line-numbers").filter({ hasText: new RegExp(`^${line}$`) });
  const box = await number.boundingBox();
  const margin = await editor.locator(".margin").first().boundingBox();
  if (!box || !margin) throw new Error(`line ${line} is not in sight`);
  await window.page.mouse.click(margin.x + 8, box.y + box.height / 2);
}
