// npm run package: dist/scoredock-VERSION.vsix and the wheel, both from a fresh build.
import { readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { build } from "./build.mjs";
import { fail, python, root, run } from "./setup.mjs";

const LARGEST_VSIX = 5_000_000;

rmSync(path.join(root, "dist"), { recursive: true, force: true });
await build({ production: true });
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const vsix = path.join(root, "dist", `scoredock-${version}.vsix`);
// There is no public address of the source yet. Until there is one, the pictures of the README are those in the package: the
// editor shows them from there.
const unpublished = ["--allow-missing-repository", "--no-rewrite-relative-links"];
run("npm", ["exec", "--", "vsce", "package", "--no-dependencies", ...unpublished, "--out", vsix]);
run(python, ["-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."]);
const bytes = statSync(vsix).size;
console.error(`${path.basename(vsix)}: ${(bytes / 1e6).toFixed(2)} MB`);
if (bytes > LARGEST_VSIX) fail(`The VSIX has ${bytes} bytes, more than the ${LARGEST_VSIX} agreed on.`, "See what has come into dist/.");
