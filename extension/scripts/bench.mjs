// npm run bench: every row of the table of figures, each against a peer or floor in the same run. Arguments choose rows.
import process from "node:process";
import { python, run, setUp } from "./setup.mjs";

setUp("develop");
run(python, ["-m", "tests.bench", ...process.argv.slice(2)]);
