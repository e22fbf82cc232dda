// npm run lint: ruff and mypy over Python, eslint and tsc over TypeScript.
import { python, run, setUp, setUpNode } from "./setup.mjs";

setUp("develop");
setUpNode();
run(python, ["-m", "ruff", "check", "pyserver", "tests"]);
run(python, ["-m", "ruff", "format", "--check", "pyserver", "tests"]);
run(python, ["-m", "mypy"]);
run("npm", ["exec", "--", "eslint", "extension", "tests"]);
run("npm", ["exec", "--", "tsc", "--noEmit"]);
