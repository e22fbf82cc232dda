// npm run lock: resolves the lock files anew. They carry hashes and name no host.
import { readdirSync } from "node:fs";
import path from "node:path";
import { python, root, run, setUp } from "./setup.mjs";

setUp("develop");
const compile = (inputs, extras, output) =>
  run(python, [
    ...["-m", "uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version", "3.10", "--generate-hashes"],
    ...["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--custom-compile-command", "npm run lock"],
    ...extras.flatMap((extra) => ["--extra", extra]),
    ...inputs,
    ...["-o", output],
  ]);
compile(["pyserver/locks/uv.in"], [], "pyserver/locks/uv.txt");
compile(["pyproject.toml", "pyserver/locks/run.in"], ["conda", "debug"], "pyserver/locks/run.txt");
compile(["pyproject.toml", "pyserver/locks/run.in", "pyserver/locks/develop.in"], ["conda", "debug"], "pyserver/locks/develop.txt");
// Last: the extension carries the versions that everything else is tested with.
compile(["pyserver/locks/bundle.in", "-c", "pyserver/locks/run.txt"], [], "pyserver/locks/bundle.txt");
compile(["pyserver/locks/tools.in", "-c", "pyserver/locks/run.txt"], [], "pyserver/locks/tools.txt");
// debugpy for services: what is fetched is one of these wheels, byte for byte. The versions are debugging/library.py's.
const locks = "pyserver/scoredock/debugging/locks";
for (const lock of readdirSync(path.join(root, locks)).map((name) => `${locks}/${name}`)) {
  const options = ["--quiet", "--no-deps", "--python-version", "3.10", "--generate-hashes", "--no-emit-index-url", "--no-annotate"];
  run(python, ["-m", "uv", "pip", "compile", ...options, "--custom-compile-command", "npm run lock", lock, "-o", lock]);
}
