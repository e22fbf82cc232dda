// Asks the machine and other extensions for Pythons. None of them is needed, and none is waited for while another will do.
import { execFile } from "node:child_process";
import * as vscode from "vscode";
import { type Candidate, type Choice, choose, type Interpreter, onPath, type Origin } from "./python";
import { fromEnvironmentsExtension, fromPythonExtension } from "./pythonExtensions";
import { configuration } from "./settings";

const REMEMBERED = "scoredock.python";
const PROBE_TIMEOUT = 5_000;

function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { timeout: PROBE_TIMEOUT, windowsHide: true }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim()),
    );
    child.stdin?.end();
  });
}

const probe = (candidate: Candidate) =>
  ask(candidate.program, [...candidate.args, "-I", "-S", "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))"]);

const fromSetting: Origin = () => {
  const program = configuration().get<string>("server.python", "").trim();
  return Promise.resolve(program ? [{ program, args: [], origin: "setting" }] : []);
};

const fromPath: Origin = () => Promise.resolve(onPath(process.platform));

const fromUv: Origin = async () => {
  const path = await ask("uv", ["python", "find", "--offline", ">=3.10"]);
  return path ? [{ program: path, args: [], origin: "uv" }] : [];
};

/** Chooses a Python for the server; what worked the last time is tried before anything is searched for. */
export async function chooseInterpreter(state: vscode.Memento): Promise<Choice> {
  const remembered = state.get<Interpreter>(REMEMBERED);
  const fromLastTime: Origin = () => Promise.resolve(remembered ? [{ ...remembered, origin: "last time" }] : []);
  const fromExtensions = [
    fromEnvironmentsExtension(vscode.extensions.getExtension("ms-python.vscode-python-envs")),
    fromPythonExtension(vscode.extensions.getExtension("ms-python.python")),
  ];
  const choice = await choose([fromSetting, fromLastTime, fromPath, ...fromExtensions, fromUv], probe);
  if (choice.found && choice.interpreter.origin !== "setting") await state.update(REMEMBERED, choice.interpreter);
  return choice;
}
