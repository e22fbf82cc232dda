// Other ways to a running service: a sample project from the welcome, a task before debugging, a container; and a sample
// request that nobody has written down.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { answerOf, scoringUri, states, stopServices, targets } from "./hosting";
import { Installation, missing } from "./installation";
import { until, wait } from "./patience";
import type { Window } from "./window";

const SCRIPT = `from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema


def init():
    global factor
    factor = 3


@input_schema("data", StandardPythonParameterType({"number": 14}))
def run(data):
    return {"answer": data["number"] * factor}
`;
const BREAK = 'raise ValueError("no factor"); ';
const TASK = "start the service";
const TASKS = { version: "2.0.0", tasks: [{ type: "scoredock", action: "run", script: "score.py", label: TASK, problemMatcher: ["$scoredock"] }] };
const LAUNCH = {
  version: "0.2.0",
  configurations: [{ type: "scoredock", request: "attach", name: "After the task", script: "${workspaceFolder}/score.py", preLaunchTask: TASK }],
};
/** Making an environment takes as long as the package index does. */
const MAKING = 240_000;

const baseImage = process.env["SCOREDOCK_TEST_BASE_IMAGE"];

function missingDocker(): string | undefined {
  if (!baseImage) return "no test base image: run .ci/run, or name an image with Python 3 in SCOREDOCK_TEST_BASE_IMAGE";
  try {
    execFileSync("docker", ["image", "inspect", baseImage], { stdio: "ignore", timeout: 30_000 });
    return undefined;
  } catch {
    return `the Docker engine does not answer or lacks the image ${baseImage}: .ci/run makes it`;
  }
}

describe.skipIf(missing())("projects in the workbench", () => {
  let editor: Installation;
  let window: Window;

  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"), { environment: baseImage ? { SCOREDOCK_BASE_IMAGE: baseImage } : {} });
    const files = {
      "score.py": SCRIPT,
      "requirements.txt": "azureml-inference-server-http\n",
      ".vscode/tasks.json": JSON.stringify(TASKS),
      ".vscode/launch.json": JSON.stringify(LAUNCH),
    };
    window = await editor.open(editor.folder("factor", files));
    await window.file("score.py");
    await window.lens("Run locally").waitFor();
  });
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(async () => {
    stopServices(editor);
    await editor.stop();
  });

  it("runs a task before debugging: the service is there, and the debugger in it", async () => {
    await window.page.keyboard.press("F5");
    await window.page.locator(".debug-toolbar").waitFor({ timeout: MAKING });
    expect(states(editor)).toEqual(["healthy"]);
    await window.screenshot("task");
    await window.leaveDebugger();
  }, MAKING + 60_000);

  it("makes a sample from the schema where no request is written down", async () => {
    await window.focusTab("score.py");
    await window.lens("Score a sample").click();
    await window.editorText('"answer": 42').waitFor();
    await window.editorText("Request: from the schema").waitFor();
    await window.screenshot("from-the-schema");
  });

  it("shows what a task finds wrong, and does not debug", async () => {
    await window.focusTab("score.py");
    await window.type(6, 5, BREAK);
    await window.save();
    await wait("SD501 in the Problems panel", async () => (await window.problems()).some((text) => text.includes("SD501")));
    await window.focusTab("score.py");
    await window.page.keyboard.press("F5");
    // "Error exists …": the problem matcher has read the task's output.
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.filter({ hasText: `exists after running preLaunchTask '${TASK}'` }).waitFor({ timeout: MAKING });
    await dialog.getByRole("button", { name: "Abort" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(await answerOf(scoringUri(editor), '{"data": {"number": 2}}')).toEqual({ answer: 6 });
    await window.focusTab("score.py");
    await window.erase(6, 5, BREAK);
    await window.save();
    await wait("the script as it was", () => window.read("score.py") === SCRIPT);
  }, MAKING + 60_000);

  it.skipIf(missingDocker())("runs in a container from the lens", async () => {
    await window.command("Scoredock: Stop Service");
    await window.lens("healthy").waitFor({ state: "detached" });
    await window.lens("Run in Docker").click();
    await window.lens("healthy").waitFor({ timeout: MAKING });
    expect(targets(editor)).toEqual(["docker"]);
    expect(await answerOf(scoringUri(editor), '{"data": {"number": 2}}')).toEqual({ answer: 6 });
    await window.command("View: Show Scoredock");
    await window.page.locator(".monaco-list-row").filter({ hasText: "factor" }).filter({ hasText: "requirements.txt" }).first().waitFor();
    await window.screenshot("docker");
    await window.lens("Score a sample").click();
    await window.editorText('"answer": 42').waitFor();
    await window.command("Scoredock: Stop Service");
    await window.lens("healthy").waitFor({ state: "detached" });
    await wait("no service", () => states(editor).length === 0);
  }, MAKING + 60_000);

  it("makes the sample project from the welcome of an empty window, and opens its script", async () => {
    const parent = path.join(editor.home, "new");
    mkdirSync(parent);
    const empty = await editor.open();
    try {
      await empty.command("View: Show Scoredock");
      await empty.screenshot("welcome");
      await empty.page.getByRole("button", { name: "Create a Sample Project" }).click();
      await until(async () => {
        await empty.page.locator(".quick-input-widget input.input").fill(`${parent}/`);
        await empty.page.locator(".quick-input-widget").getByRole("button", { name: "Create Here" }).click({ timeout: 4_000 });
        await empty.page.locator(".quick-input-widget").waitFor({ state: "hidden", timeout: 4_000 });
      });
      await empty.page.locator('.tab.active[data-resource-name="score.py"]').waitFor({ timeout: MAKING });
      const made = path.join(parent, "scoredock-sample");
      expect(readFileSync(path.join(made, "deployment.yml"), "utf8")).toContain("scoring_script: score.py");
      expect(existsSync(path.join(made, "model", "digits.joblib"))).toBe(true);
      await empty.lens("Run locally").waitFor();
      await empty.screenshot("sample");
    } finally {
      await empty.close();
    }
  }, MAKING + 120_000);
});
