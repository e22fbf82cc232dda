// A window of the editor. What a test does with it reads as a user's actions.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Locator, Page } from "playwright-core";
import { until } from "./patience";

const artifacts = path.resolve(import.meta.dirname, "../../dist/screenshots");

/** One window of the editor, as a user sees it. */
export class Window {
  constructor(
    readonly page: Page,
    readonly folder: string,
    private readonly allLogs: () => string,
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

  /** Ends the debugging session; a key that is pressed too early is lost. */
  async leaveDebugger(): Promise<void> {
    await until(async () => {
      await this.page.keyboard.press("Shift+F5");
      await this.page.locator(".debug-toolbar").waitFor({ state: "hidden", timeout: 10_000 });
    });
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
    return this.allLogs();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
