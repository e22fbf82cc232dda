// The editor in another language than English: what Scoredock says, its server and its manifest included.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, inject, it } from "vitest";
import { Installation, missing, root } from "./installation";
import { wait } from "./patience";
import type { Window } from "./window";

/** What a bundle says for a text; one that it does not have would be found everywhere. */
function bundle(file: string): (text: string) => string {
  const texts = JSON.parse(readFileSync(path.join(root, file), "utf8")) as Record<string, string>;
  return (text) => {
    const said = texts[text];
    if (!said) throw new Error(`${file} has no "${text}"`);
    return said;
  };
}
const server = bundle("pyserver/scoredock/l10n/cs.json");
const manifest = bundle("package.nls.cs.json");
const client = bundle("extension/l10n/bundle.l10n.cs.json");

const SCRIPT = `import json


def init():
    pass


def run(data):
    return json.dumps({"got": data})
`;

describe.skipIf(missing())("the workbench in Czech", () => {
  let editor: Installation;
  let window: Window;
  beforeAll(async () => {
    editor = await Installation.start(inject("vsix"), { language: "cs", extensions: [path.join(root, "tests/workbench/czech")] });
    window = await editor.open(editor.folder("w", { "score.py": SCRIPT }));
    await window.file("score.py");
  });
  afterEach(({ task }) => window.pictureOfFailure(task));
  afterAll(() => editor.stop());

  it("says what it finds in Czech", async () => {
    const said = server("This is JSON text already, and the server encodes what `run` returns: the client gets one quoted string. Return the object itself.");
    await wait("the Czech finding", async () => (await window.problems()).some((text) => text.includes(said)));
  });

  it("names its actions and commands in Czech", async () => {
    await window.lens(server("Run locally")).waitFor();
    const title = `Scoredock: ${manifest("command.run")}`;
    await wait(title, async () => (await window.commandsMatching("Scoredock:")).some((row) => row.includes(title)));
  });

  it("answers in Czech", async () => {
    await window.command("View: Close All Editors");
    await window.page.locator(".tab").first().waitFor({ state: "detached" });
    await window.command(`Scoredock: ${manifest("command.run")}`);
    await window.toast(client("Open an entry script or a deployment file first.")).waitFor();
  });
});
