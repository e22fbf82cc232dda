// A real VS Code (code-server) in a real Chromium, with the VSIX as it was built. What a test does with it reads as a user's
// actions; what it waits for has a deadline.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createVSIX } from "@vscode/vsce";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

export const root = path.resolve(import.meta.dirname, "../..");
export const artifacts = path.join(root, "dist", "screenshots");
const codeServer = process.env["SCOREDOCK_CODE_SERVER"];
const browserPath = process.env["SCOREDOCK_CHROMIUM"] ?? "/usr/bin/chromium";

/** Milliseconds: far more than anything here takes, since the machine may be busy with something else. */
export const PATIENCE = 60_000;

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
    return new Window(page, folder ?? this.home, this);
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

/** One window of the editor, as a user sees it. */
export class Window {
  constructor(
    readonly page: Page,
    readonly folder: string,
    private readonly installation: Installation,
  ) {}

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    await this.quick(`>${title}`, title);
  }

  /** The commands that the palette offers for what is typed. */
  async commandsMatching(typed: string): Promise<string[]> {
    await this.quickOpen();
    await this.page.locator(".quick-input-widget input.input").fill(`>${typed}`);
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    const rows = await this.page.locator(".quick-input-list .monaco-list-row").allInnerTexts();
    await this.page.keyboard.press("Escape");
    return rows.filter((row) => row.startsWith(typed));
  }

  /** Opens a file of the folder by its name. */
  async file(name: string): Promise<void> {
    await until(async () => {
      await this.quickOpen();
      await this.page.locator(".quick-input-widget input.input").fill(name);
      await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first().waitFor({ timeout: 4_000 });
      await this.page.keyboard.press("Enter");
      await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor({ timeout: 4_000 });
    });
  }

  private async quickOpen(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("F1");
    await this.page.locator(".quick-input-widget input.input").waitFor({ state: "visible", timeout: 4_000 });
  }

  private async quick(typed: string, row: string): Promise<void> {
    await until(async () => {
      await this.quickOpen();
      await this.page.locator(".quick-input-widget input.input").fill(typed);
      const focused = this.page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: row });
      await focused.waitFor({ timeout: 4_000 });
      await this.page.keyboard.press("Enter");
      await focused.waitFor({ state: "hidden", timeout: 4_000 });
    });
  }

  /** Chooses a row of an open quick pick. */
  async pick(text: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** Brings a tab to the front, whichever group it is in. */
  async focusTab(name: string): Promise<void> {
    await this.page.locator(`.tab[data-resource-name="${name}"]`).click();
  }

  async type(line: number, column: number, text: string): Promise<void> {
    await this.goTo(line, column);
    await this.page.keyboard.insertText(text);
  }

  /** Deletes what was typed: undoing it would take as many steps as the editor thinks right. */
  async erase(line: number, column: number, text: string): Promise<void> {
    await this.goTo(line, column);
    for (let left = text.length; left > 0; left--) await this.page.keyboard.press("Delete");
  }

  async goTo(line: number, column: number): Promise<void> {
    await until(async () => {
      await this.quickOpen();
      await this.page.locator(".quick-input-widget input.input").fill(`:${line}:${column}`);
      await this.page.keyboard.press("Enter");
      await this.page.locator(".quick-input-widget").waitFor({ state: "hidden", timeout: 4_000 });
      // A line may be shorter than the column that was asked for.
      await this.page.locator(".statusbar-item").filter({ hasText: `Ln ${line}, ` }).waitFor({ timeout: 4_000 });
    });
  }

  /** Accepts what an input box offers. It takes keys a moment after it can be seen. */
  async accept(offered: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input.input");
    await until(async () => {
      const value = await input.inputValue({ timeout: 4_000 });
      if (value !== offered) throw new Error(`the input box offers ${value}`);
      await input.press("Enter", { timeout: 4_000 });
      await this.page.locator(".quick-input-widget").waitFor({ state: "hidden", timeout: 4_000 });
    });
  }

  /** Replaces the text of a file from outside, as another program would. */
  write(name: string, change: (text: string) => string): void {
    const file = path.join(this.folder, name);
    writeFileSync(file, change(readFileSync(file, "utf8")));
  }

  read(name: string): string {
    return readFileSync(path.join(this.folder, name), "utf8");
  }

  async save(): Promise<void> {
    await this.page.keyboard.press("Control+s");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
  }

  /** Messages in the Problems panel. */
  async problems(): Promise<string[]> {
    const panel = this.page.locator(".markers-panel");
    if (!(await panel.isVisible())) await this.command("Problems: Focus on Problems View");
    await panel.waitFor();
    const rows = await panel.locator(".monaco-list-row .marker-message-line, .monaco-list-row .details-container").allInnerTexts();
    return rows.map((row) => row.trim()).filter(Boolean);
  }

  /** The extensions that are active in this window, each with how long its activation took. */
  async runningExtensions(): Promise<string[]> {
    await this.command("Developer: Show Running Extensions");
    const rows = this.page.locator(".runtime-extensions-editor .monaco-list-row");
    await rows.first().waitFor();
    // Only the rows in sight are there, the slowest first: a quick one, as ours, is seen in a tall window only.
    const size = this.page.viewportSize();
    if (!size) throw new Error("the page has no size");
    await this.page.setViewportSize({ ...size, height: 3000 });
    const total = Number(await rows.first().getAttribute("aria-setsize"));
    await rows.nth(total - 1).waitFor();
    const found = await rows.allInnerTexts();
    await this.page.setViewportSize(size);
    return found;
  }

  lens(text: string): Locator {
    return this.page.locator(".codelens-decoration a").filter({ hasText: text }).first();
  }

  editorText(part: string): Locator {
    // The editor draws spaces as no-break spaces.
    const pattern = part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" ", "[ \\u00a0]");
    return this.page.locator(".monaco-editor .view-lines").filter({ hasText: new RegExp(pattern) }).first();
  }

  toast(text: string): Locator {
    return this.page.locator(".notification-toast").filter({ hasText: text });
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(artifacts, { recursive: true });
    // Away from everything that would show a tooltip.
    await this.page.mouse.move(1000, 18);
    await this.page.locator(".workbench-hover-container").first().waitFor({ state: "hidden", timeout: 5_000 }).catch(() => undefined);
    await this.page.screenshot({ path: path.join(artifacts, `${name}.png`) });
  }

  /** For whoever has to find out why a test failed. */
  async pictureOfFailure(task: { readonly name: string; readonly result?: { readonly state?: string } }): Promise<void> {
    if (task.result?.state === "fail") await this.screenshot(`failed ${task.name}`.replace(/\W+/g, "-"));
  }

  get log(): string {
    return this.installation.log();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Tries until it works; the last failure is what the test shows. */
export async function until<T>(attempt: () => Promise<T> | T, timeout = PATIENCE): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Waits until a condition holds. */
export async function wait(what: string, condition: () => boolean | Promise<boolean>, timeout = PATIENCE): Promise<void> {
  await until(async () => {
    if (!(await condition())) throw new Error(`in vain waited for: ${what}`);
  }, timeout);
}
