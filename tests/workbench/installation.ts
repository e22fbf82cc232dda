// A real VS Code (code-server) in a real Chromium, with the VSIX as it was built.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createVSIX } from "@vscode/vsce";
import { type Browser, chromium } from "playwright-core";
import { PATIENCE } from "./patience";
import { Window } from "./window";

export const root = path.resolve(import.meta.dirname, "../..");
const codeServer = process.env["SCOREDOCK_CODE_SERVER"];
const browserPath = process.env["SCOREDOCK_CHROMIUM"] ?? "/usr/bin/chromium";

/** Why these tests cannot run here, or undefined. */
export function missing(): string | undefined {
  if (process.env["SCOREDOCK_FAST"]) return "left out by --fast";
  if (!codeServer) return "no code-server: .ci/code-server installs it; name its command in SCOREDOCK_CODE_SERVER";
  return undefined;
}

export interface Options {
  /** Settings beside those that keep the workbench quiet. */
  readonly settings?: Record<string, unknown>;
  /** Whether Workspace Trust is asked for, as it is by default in VS Code. */
  readonly trust?: boolean;
  /** Folders of further extensions, which stand for what users may have beside ours. */
  readonly extensions?: readonly string[];
  /** The display language, such as `cs`; one of the extensions is its language pack. */
  readonly language?: string;
  /** Environment variables of the editor, and so of everything that it starts. */
  readonly environment?: Record<string, string>;
}

const QUIET = {
  "workbench.startupEditor": "none",
  "extensions.ignoreRecommendations": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "git.enabled": false,
  "workbench.tips.enabled": false,
  "editor.accessibilitySupport": "off",
  "window.restoreWindows": "none",
  "files.autoSave": "off",
  "editor.minimap.enabled": false,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

/** One installation of the editor with its own folders; windows are opened in it. */
export class Installation {
  private server: ChildProcess | undefined;
  private address = "";
  private browser: Browser | undefined;
  readonly home = mkdtempSync(path.join(tmpdir(), "sd-"));

  static async start(vsix: string, options: Options = {}): Promise<Installation> {
    const made = new Installation();
    await made.begin(vsix, options);
    return made;
  }

  /** A folder of this installation with these files in it. */
  folder(name: string, files: Record<string, string>): string {
    const folder = path.join(this.home, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    return folder;
  }

  copy(name: string, from: string): string {
    const folder = path.join(this.home, name);
    cpSync(from, folder, { recursive: true });
    return folder;
  }

  private async begin(vsix: string, { settings = {}, trust = false, extensions = [], language, environment: more = {} }: Options): Promise<void> {
    const user = path.join(this.home, "u", "User");
    mkdirSync(user, { recursive: true });
    const all = { ...QUIET, "security.workspace.trust.enabled": trust, ...settings };
    writeFileSync(path.join(user, "settings.json"), JSON.stringify(all));
    const common = ["--extensions-dir", path.join(this.home, "e"), "--user-data-dir", path.join(this.home, "u")];
    const environment = { ...process.env, ...more, SCOREDOCK_HOME: this.state, XDG_CONFIG_HOME: path.join(this.home, "c") };
    const packed = await Promise.all(extensions.map((folder) => this.pack(folder)));
    const install = [vsix, ...packed].flatMap((file) => ["--install-extension", file]);
    await promisify(execFile)(codeServer ?? "", [...common, ...install], { env: environment, timeout: 120_000 });
    if (language) this.speak(language);
    const proposals = extensions.map((folder) => `--enable-proposed-api=scoredock-tests.${path.basename(folder)}`);
    const server = spawn(
      codeServer ?? "",
      [...common, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check", ...proposals, ...(language ? ["--locale", language] : [])],
      { env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    this.server = server;
    this.address = await new Promise<string>((resolve, reject) => {
      let said = "";
      const timer = setTimeout(() => reject(new Error(`code-server did not start:\n${said}`)), 60_000);
      const hear = (data: Buffer) => {
        said += data.toString();
        const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found?.[1]) {
          clearTimeout(timer);
          resolve(`http://localhost:${found[1]}`);
        }
      };
      server.stdout.on("data", hear);
      server.stderr.on("data", hear);
    });
    this.browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
  }

  /** Notes an installed language pack where VS Code keeps those that it knows. It does so itself, and only for the window after the next. */
  private speak(language: string): void {
    const installed = readdirSync(path.join(this.home, "e")).find((name) => name.startsWith("scoredock-tests."));
    const words = path.join(this.home, "e", installed ?? "", "vscode.json");
    const extensions = [{ extensionIdentifier: { id: installed?.replace(/-[\d.]+$/, "") }, version: "1.0.0" }];
    const pack = { hash: "1", label: language, extensions, translations: { vscode: words } };
    writeFileSync(path.join(this.home, "u", "languagepacks.json"), JSON.stringify({ [language]: pack }));
  }

  private async pack(folder: string): Promise<string> {
    const packagePath = path.join(this.home, `${path.basename(folder)}.vsix`);
    await createVSIX({ cwd: folder, packagePath, allowMissingRepository: true, skipLicense: true });
    return packagePath;
  }

  get state(): string {
    return path.join(this.home, "s");
  }

  /** Process ids of the language servers of this installation. */
  servers(): string[] {
    const listed = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
    return listed.filter((line) => line.includes(this.home) && line.includes("start.py")).map((line) => line.trim().split(" ")[0] ?? "");
  }

  /** A window on a folder, or on a workspace file; without one it is empty, as after the first start of the editor. */
  async open(folder?: string): Promise<Window> {
    if (!this.browser) throw new Error("not started");
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const kind = folder?.endsWith(".code-workspace") ? "workspace" : "folder";
    await page.goto(`${this.address}/?${folder === undefined ? "ew=true" : `${kind}=${encodeURIComponent(folder)}`}`);
    await page.locator(".monaco-workbench").waitFor();
    await page.locator(".statusbar").waitFor();
    return new Window(page, folder ?? this.home, () => this.log());
  }

  /** What stands in an output channel in any window; without a name, in that of the extension and its server. */
  log(name = "Scoredock.log"): string {
    const logs = path.join(this.home, "u", "logs");
    const files = readdirSync(logs, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(name));
    return files.map((file) => readFileSync(path.join(logs, file), "utf8")).join("\n");
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    const pid = this.server?.pid;
    if (pid === undefined) return;
    const ended = new Promise((resolve) => this.server?.once("exit", resolve));
    process.kill(-pid, "SIGTERM");
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // all of it has ended
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
