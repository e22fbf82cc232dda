// npm test: all the set-up, then every test: TypeScript, then Python (which holds the end to end tests).
// `npm test -- --fast` leaves out what is marked slow, docker or browser; other arguments go to pytest.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { python, root, setUp, setUpNode } from "./setup.mjs";

setUp("develop");
setUpNode();
const given = process.argv.slice(2);
const selection = given.includes("--fast") ? ["-m", "not slow and not docker and not browser"] : [];
const rest = given.filter((argument) => argument !== "--fast");

// The workbench tests ask for the whole editor in a browser.
if (given.includes("--fast")) process.env.SCOREDOCK_FAST = "1";
const runs = [
  [process.execPath, ["node_modules/vitest/vitest.mjs", "run"]],
  [python, ["-m", "pytest", ...selection, ...rest]],
];
let worst = 0;
for (const [program, args] of runs) {
  const result = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  worst ||= result.status ?? 1;
}
process.exit(worst);
