// The services of an installation, asked by Python on its folders: it sees what the editor sees, and asks nothing of it.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { type Installation, root } from "./installation";

const python = path.join(root, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

export function runPython(editor: Installation, args: string[], timeout = 120_000): string {
  const environment = { ...process.env, SCOREDOCK_HOME: editor.state };
  return execFileSync(python, args, { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], timeout });
}

function hosting(editor: Installation, expression: string): string {
  const code = `import asyncio; from scoredock.hosting import services; print(${expression})`;
  return runPython(editor, ["-c", code]).trim();
}

/** The state of each service that is there. */
export const states = (editor: Installation): string[] =>
  hosting(editor, "*[s.state.value for s in asyncio.run(services.list_services())]").split(" ").filter(Boolean);

/** The targets of the services that are there. */
export const targets = (editor: Installation): string[] =>
  hosting(editor, "*[s.target for s in asyncio.run(services.list_services())]").split(" ").filter(Boolean);

export const scoringUri = (editor: Installation): string => hosting(editor, "asyncio.run(services.list_services())[0].scoring_uri");

export function stopServices(editor: Installation): void {
  hosting(editor, "[asyncio.run(services.stop(s.name)) for s in asyncio.run(services.list_services())]");
}

/** What a service answers, without the editor. */
export async function answerOf(uri: string, body: string): Promise<unknown> {
  const response = await fetch(uri, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  return response.json();
}
