// For the bench: opens a workspace with an entry script in the real workbench for each "activate" on standard input, and writes how
// many milliseconds of the extension host the activation took, as "Developer: Show Running Extensions" says it: loading the
// code and calling `activate`. Any other line stops the editor, which is said too.
import process from "node:process";
import { createInterface } from "node:readline";
import { Installation } from "./installation";

const [vsix] = process.argv.slice(2);
const editor = await Installation.start(vsix ?? "");
try {
  const folder = editor.folder("w", { "score.py": "def init():\n    pass\n\n\ndef run(data):\n    return data\n" });
  for await (const asked of createInterface(process.stdin)) {
    if (asked !== "activate") break;
    const window = await editor.open(folder);
    await window.file("score.py");
    await window.lens("Run locally").waitFor();
    const ours = (await window.runningExtensions()).find((text) => text.includes("Scoredock")) ?? "";
    const found = /Activation: (\d+)\s*ms/.exec(ours);
    await window.close();
    if (!found) throw new Error(`no time of activation in: ${ours}`);
    console.log(found[1]);
  }
} finally {
  await editor.stop();
  console.log("stopped");
}
