// npm start: all the set-up, then the main job of the product in this terminal. Arguments after `--` go to `scoredock demo`.
import { spawn } from "node:child_process";
import process from "node:process";
import { root, scoredock, setUp } from "./setup.mjs";

setUp("run");
const demo = spawn(scoredock, ["demo", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
// The terminal sends Ctrl-C to the whole group; the demo cleans up after itself, and we wait for it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => demo.kill("SIGTERM"));
demo.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
