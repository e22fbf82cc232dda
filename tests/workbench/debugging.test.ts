// The debugger as a user has it: a click on the gutter, F5, a sample; the line, the variable, another value, another answer.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing, root, wait, type Window } from "./workbench";

const SCRIPT = `import json


def init():
    global weight
    weight = 2


def run(data):
    number = json.loads(data)["number"]
    answer = number * weight
    return {"answer": answer}
`;
const LINE = SCRIPT.split("\n").findIndex((text) => text.includes("answer = number")) + 1;

describe.skipIf(missing())("the debugger in the workbench", () => {
  let editor: Installation;
  let window: Window;

  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"));
    const files = {
      "score.py": SCRIPT,
      "requirements.txt": "azureml-inference-server-http\n",
      "requests/number.json": '{"number": 21}\n',
    };
    window = await editor.open(editor.folder("weights", files));
    await window.file("score.py");
    await window.lens("Run locally").click();
    await window.lens("healthy").waitFor({ timeout: 240_000 });
  }, 300_000);
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(async () => {
    const code = "import asyncio; from scoredock.hosting import services as s; [asyncio.run(s.stop(one.name)) for one in asyncio.run(s.list_services())]";
    execFileSync(path.join(root, ".venv/bin/python"), ["-c", code], { env: { ...process.env, SCOREDOCK_HOME: editor.state }, timeout: 60_000 });
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
    await window.lens("held").waitFor();
    await window.screenshot("stopped");
  });

  it("shows a variable, and a changed one changes the answer", async () => {
    const row = window.page.locator(".debug-view-content .monaco-list-row").filter({ hasText: /^number/ }).first();
    if (!(await row.isVisible())) await window.page.locator(".debug-view-content .monaco-list-row").filter({ hasText: "Locals" }).click();
    await row.waitFor();
    expect(await row.innerText()).toContain("21");
    await row.locator(".value").dblclick();
    const input = window.page.locator(".debug-view-content .monaco-inputbox input");
    await input.fill("100");
    await window.page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden" });
    await row.locator(".value", { hasText: "100" }).waitFor();
    await window.page.keyboard.press("F5");
    await window.editorText('"answer": 200').waitFor();
    await window.screenshot("changed-answer");
  });

  it("leaves the service as it was", async () => {
    await window.page.keyboard.press("Shift+F5");
    await window.page.locator(".debug-toolbar").waitFor({ state: "hidden" });
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
    await window.page.locator(".debug-top-stack-frame-line").first().waitFor();
    await wait("the first line of run in the status of the call stack", async () => {
      const frames = await window.page.locator(".debug-call-stack .monaco-list-row .stack-frame").allInnerTexts();
      return frames.some((text) => text.includes("run") && text.includes(`${LINE - 1}`));
    });
    await window.page.keyboard.press("F5");
    await window.page.locator(".debug-top-stack-frame-line").first().waitFor({ state: "detached" });
    await window.page.keyboard.press("Shift+F5");
    await window.page.locator(".debug-toolbar").waitFor({ state: "hidden" });
  });
});

/** Clicks where breakpoints are set: left of a line's number. */
async function clickGutter(window: Window, line: number): Promise<void> {
  const editor = window.page.locator(".editor-instance").filter({ hasText: "def run" }).first();
  const number = editor.locator(".margin-view-overlays .line-numbers").filter({ hasText: new RegExp(`^${line}$`) });
  const box = await number.boundingBox();
  const margin = await editor.locator(".margin").first().boundingBox();
  if (!box || !margin) throw new Error(`line ${line} is not in sight`);
  await window.page.mouse.click(margin.x + 8, box.y + box.height / 2);
}
