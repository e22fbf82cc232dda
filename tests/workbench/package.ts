// Builds the VSIX once for all workbench tests: what is tested is what is shipped.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { missing, root } from "./installation";

export default function setup({ provide }: { provide: (key: "vsix", value: string) => void }): void {
  const reason = missing();
  if (reason) {
    console.log(`workbench tests skipped: ${reason}`);
    // Where everything is installed on purpose, a skipped test is a hole that nobody would see.
    if (process.env["CI"] === "true" && !process.env["SCOREDOCK_FAST"]) throw new Error(`skipped with CI=true: ${reason}`);
    provide("vsix", "");
    return;
  }
  execFileSync(process.execPath, [path.join(root, "extension/scripts/package.mjs")], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const built = readdirSync(path.join(root, "dist")).find((file) => file.endsWith(".vsix"));
  provide("vsix", path.join(root, "dist", built ?? ""));
}

declare module "vitest" {
  export interface ProvidedContext {
    vsix: string;
  }
}
