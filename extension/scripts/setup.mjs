// Makes `.venv` in the project's root, with the `scoredock` command in it. Uses nothing but Node and Python, so that it
// runs on a fresh clone; does nothing when the lock file and the place are those of the last time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const windows = process.platform === "win32";
const venv = path.join(root, ".venv");
const bin = path.join(venv, windows ? "Scripts" : "bin");
export const python = path.join(bin, windows ? "python.exe" : "python");
export const scoredock = path.join(bin, windows ? "scoredock.exe" : "scoredock");

const OLDEST_PYTHON = [3, 10];
const OLDEST_NODE = 20;

/** Ends the process with one sentence about what is wrong and one about what to do. */
export function fail(what, todo) {
  console.error(`error: ${what} ${todo}`);
  process.exit(1);
}

/** Runs a program to its end with its output shown; ends this process with its exit code when it fails. */
export function run(program, args) {
  const shell = windows && program === "npm"; // npm is a .cmd file there
  const result = spawnSync(program, args, { cwd: root, stdio: "inherit", shell });
  if (result.error) fail(`'${program}' could not be started (${result.error.code}).`, "Is it installed?");
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE)
    fail(`Node ${process.versions.node} is too old.`, `Scoredock needs Node ${OLDEST_NODE} or newer: install it and try again.`);
}

function versionOf(program, prefix) {
  const answer = spawnSync(program, [...prefix, "-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" });
  return answer.status === 0 ? answer.stdout.trim().split(" ").map(Number) : undefined;
}

const isNewEnough = ([major, minor]) => major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);

function findPython() {
  const wish = process.env.SCOREDOCK_PYTHON;
  const candidates = wish
    ? [[wish]]
    : [["python3"], ["python"], ["py", "-3"], ["python3.13"], ["python3.12"], ["python3.11"], ["python3.10"]];
  const tooOld = [];
  for (const [program, ...prefix] of candidates) {
    const version = versionOf(program, prefix);
    if (version && isNewEnough(version)) return [program, ...prefix];
    if (version) tooOld.push(`${program} is ${version.join(".")}`);
  }
  const seen = tooOld.length ? ` (${tooOld.join(", ")})` : "";
  return fail(
    `No Python ${OLDEST_PYTHON.join(".")} or newer was found${seen}.`,
    "Install one, or name it in the environment variable SCOREDOCK_PYTHON, and try again.",
  );
}

/** Everything the environment depends on, as one line: when it is as it was, there is nothing to do. */
function stamp(kind) {
  const hash = createHash("sha256");
  for (const file of ["pyproject.toml", "pyserver/locks/uv.txt", `pyserver/locks/${kind}.txt`])
    hash.update(readFileSync(path.join(root, file)));
  return hash.update(root).digest("hex");
}

function install(step, program, args) {
  const result = spawnSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.status === 0) return;
  const output = `${result.stdout}${result.stderr}`;
  console.error(output.trimEnd().split("\n").slice(-12).join("\n"));
  if (/ensurepip|python3?(\.\d+)?-venv/i.test(output))
    fail("This Python cannot make virtual environments.", "On Debian and Ubuntu: apt install python3-venv. Then try again.");
  if (/connection|network|resolution|getaddrinfo|dns|proxy|timed out|unreachable|from versions: none/i.test(output))
    fail(`${step} failed because the package index could not be reached.`, "Connect this machine (or set its proxy) and try again.");
  fail(`${step} failed; the lines above say why.`, "Mend that and try again: what is half-made is made anew.");
}

/** Sets up `.venv` from a lock file: `run` for using Scoredock, `develop` for testing it too. */
export function setUp(kind) {
  checkNode();
  // `develop` contains all of `run`, so a checkout that was set up for tests serves `npm start` as it is.
  const stampFile = path.join(venv, ".scoredock");
  const done = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (done && (done === stamp("develop") || done === stamp(kind))) return;

  const [program, ...prefix] = findPython();
  const started = Date.now();
  console.error("Setting up .venv ...");
  rmSync(stampFile, { force: true });
  // One made by another tool may lack pip, one of a Python that was removed does not run: both are made anew.
  const usable = existsSync(python) && spawnSync(python, ["-c", "import pip"]).status === 0;
  if (!usable || !isNewEnough(versionOf(python, []) ?? [0, 0])) {
    rmSync(venv, { recursive: true, force: true });
    install("Making .venv", program, [...prefix, "-m", "venv", venv]);
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"];
  install("Installing uv", python, [...pip, "-r", "pyserver/locks/uv.txt"]);
  const uv = ["-m", "uv", "pip", "install", "--quiet", "--python", python];
  install("Installing packages", python, [...uv, "--require-hashes", "-r", `pyserver/locks/${kind}.txt`]);
  install("Installing Scoredock", python, [...uv, "--no-deps", "--no-build-isolation", "-e", "."]);
  writeFileSync(stampFile, stamp(kind));
  console.error(`Set up in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/** Installs the npm packages of package-lock.json unless they are there. */
export function setUpNode() {
  const wanted = createHash("sha256").update(readFileSync(path.join(root, "package-lock.json"))).digest("hex");
  const stampFile = path.join(root, "node_modules", ".scoredock");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return;
  console.error("Installing npm packages ...");
  run("npm", ["ci", "--no-fund", "--no-audit"]);
  writeFileSync(stampFile, wanted);
}
