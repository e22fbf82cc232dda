import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { Installation, missing, until, type Window } from "./workbench";

const SCRIPT = `import json


def init():
    global model
    model = 1


def run():
    return json.dumps(model)
`;

describe.skipIf(missing())("checking in the workbench", () => {
  let editor: Installation;
  let window: Window;
  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"));
    window = await editor.open(editor.folder("w", { "score.py": SCRIPT }));
    await window.file("score.py");
  }, 180_000);
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(() => editor.stop());

  it("shows a squiggle with the rule's message", async () => {
    await window.page.locator(".squiggly-error").first().waitFor();
    const problems = await until(async () => {
      const rows = await window.problems();
      if (rows.length === 0) throw new Error("no problems yet");
      return rows;
    });
    expect(problems.join("\n")).toContain("SD105");
    await window.screenshot("squiggle");
  });
});
