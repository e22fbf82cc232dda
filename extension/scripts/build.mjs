// npm run build: dist/extension.js (one CommonJS bundle) and dist/server (the Python server with its libraries).
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { fail, python, root, setUp, setUpNode } from "./setup.mjs";

const dist = path.join(root, "dist");
const libs = path.join(dist, "server", "libs");
const lock = path.join(root, "pyserver", "locks", "bundle.txt");
// Libraries are chosen for the oldest Python that may run them: newer ones run what it runs.
const OLDEST = "3.10";

// Dropped from the libraries: what only installers read, and compiled code, which would tie the bundle to one platform.
const NEEDLESS = /^(?:bin|__pycache__|\.lock)$|\.(?:dist-info|so|pyd|pyi)$/;
// The resources that our own package carries beside its modules travel too; what Python writes while running does not.
const ours = (source) => !/__pycache__|\.pyc$/.test(source);

function bundleLibraries() {
  const stamp = createHash("sha256").update(readFileSync(lock)).digest("hex");
  const stampFile = path.join(libs, ".lock");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  rmSync(libs, { recursive: true, force: true });
  const args = ["-m", "uv", "pip", "install", "--quiet", "--python", python, "--target", libs, "--require-hashes", "--no-deps", "--python-version", OLDEST];
  const result = spawnSync(python, [...args, "-r", lock], { cwd: root, stdio: "inherit" });
  if (result.status !== 0) fail("The libraries of the server could not be installed.", "The lines above say why.");
  prune(libs);
  writeFileSync(stampFile, stamp);
}

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (NEEDLESS.test(entry.name)) rmSync(full, { recursive: true, force: true });
    else if (entry.isDirectory()) prune(full);
  }
}

function copyServer() {
  const target = path.join(libs, "scoredock");
  rmSync(target, { recursive: true, force: true });
  cpSync(path.join(root, "pyserver", "scoredock"), target, { recursive: true, filter: ours });
  cpSync(path.join(root, "extension", "server", "start.py"), path.join(dist, "server", "start.py"));
  // What heavy tools are installed from on first use, with hashes.
  cpSync(path.join(root, "pyserver", "locks", "tools.txt"), path.join(dist, "server", "tools.txt"));
}

async function bundleClient(production) {
  const esbuild = await import("esbuild");
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["extension/src/extension.ts"],
    outfile: "dist/extension.js",
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    external: ["vscode"],
    minify: production,
    sourcemap: !production,
    legalComments: "none",
    logLevel: "warning",
  });
}

export async function build({ production = false } = {}) {
  setUp("develop");
  setUpNode();
  mkdirSync(dist, { recursive: true });
  bundleLibraries();
  copyServer();
  await bundleClient(production);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await build({ production: process.argv.includes("--production") });
