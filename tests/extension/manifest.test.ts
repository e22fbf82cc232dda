// What package.json promises exists: commands, texts, pictures; and the limits that were agreed on hold.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), "utf8");
const text = read("package.json");
interface Setting {
  default?: unknown;
  scope?: string;
  markdownDescription?: string;
}
interface Manifest {
  icon: string;
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; category: string; title: string }[];
    configuration: { properties: Record<string, Setting> };
    menus: Record<string, { command: string }[]>;
    walkthroughs: { steps: { media: { svg: string } }[] }[];
    views: Record<string, { id: string }[]>;
  };
}
const manifest = JSON.parse(text) as Manifest;
const texts = JSON.parse(read("package.nls.json")) as Record<string, string>;
const declared = manifest.contributes.commands.map(({ command }) => command);
const sources = readdirSync(path.join(root, "extension", "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => read("extension", "src", file));
const server = readdirSync(path.join(root, "pyserver", "scoredock", "lsp"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".py"))
  .map((file) => read("pyserver", "scoredock", "lsp", file));

describe("commands", () => {
  const table = [...read("extension", "src", "commands.ts").matchAll(/^ {2}"(scoredock\.\w+)":/gm)].map((match) => match[1]);

  it("are declared exactly as they are in the table", () => {
    expect([...declared].sort()).toEqual([...table].sort());
  });

  it("exist wherever they are named: menus, welcomes, walkthrough, sources, lenses", () => {
    const everywhere = [text, ...Object.values(texts), ...sources, ...server].join("\n");
    const named = [...everywhere.matchAll(/(?:command:|onCommand:|"command": "|command: "|executeCommand\(")(scoredock\.\w+)/g)].map((m) => m[1]);
    expect(named.length).toBeGreaterThan(20);
    for (const command of named) expect(declared).toContain(command);
  });

  it("are few, and under one category", () => {
    expect(declared.length).toBeLessThanOrEqual(20);
    expect(new Set(manifest.contributes.commands.map(({ category }) => category))).toEqual(new Set(["Scoredock"]));
  });
});

describe("settings", () => {
  const settings = Object.entries(manifest.contributes.configuration.properties);

  it("are few; each has a default, a description and a scope", () => {
    expect(settings.length).toBeLessThanOrEqual(20);
    for (const [name, setting] of settings) {
      expect(setting, name).toHaveProperty("default");
      expect(setting.markdownDescription, name).toBeTruthy();
      expect(["machine", "machine-overridable", "resource", "window"], name).toContain(setting.scope);
    }
  });

  it("that decide what runs are restricted, and every restricted one exists", () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    const deciding = settings.map(([name]) => name).filter((name) => /\.(?:server|environment|docker|service)\./.test(name));
    expect([...restricted].sort()).toEqual(deciding.sort());
  });

  it("are read by the client under the names they are declared with", () => {
    const names = settings.map(([name]) => name.replace("scoredock.", ""));
    const reads = sources.join("\n").matchAll(/(?:settings|configuration\([^)]*\))\.get(?:<[^(]*>)?\("([\w.]+)"/g);
    const used = [...reads].map((match) => match[1] ?? "");
    expect(used.length).toBeGreaterThan(5);
    for (const name of used) expect(names).toContain(name);
  });
});

describe("texts and pictures", () => {
  it("are all there, and none is left over", () => {
    const used = [...text.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? "");
    expect([...new Set(used)].sort()).toEqual(Object.keys(texts).sort());
  });

  it("of the manifest can be translated: only names stand in it as they are", () => {
    const said: string[] = [];
    JSON.parse(text, (key, value: unknown) => {
      const texts = Array.isArray(value) ? (value as unknown[]) : [value];
      if (/^(?:title|label|category|contents|altText|aliases|contextualTitle|(?:markdown|enum|markdownEnum)?Descriptions?)$/i.test(key))
        said.push(...texts.filter((one) => typeof one === "string"));
      return value;
    });
    expect(said.length).toBeGreaterThan(60);
    expect(new Set(said.filter((one) => !/^%[\w.]+%$/.test(one)))).toEqual(new Set(["Scoredock"]));
  });

  it("of the client can be translated: the bundle has every one", () => {
    const bundle = JSON.parse(read("extension", "l10n", "bundle.l10n.json")) as Record<string, string>;
    const used = [...sources.join("\n").matchAll(/l10n\.t\(\s*"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? "");
    expect(used.length).toBeGreaterThan(20);
    expect(Object.keys(bundle).sort()).toEqual([...new Set(used)].sort());
  });

  it("exist as files", () => {
    const pictures = manifest.contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg));
    expect(pictures.length).toBeGreaterThanOrEqual(4);
    for (const picture of [...pictures, manifest.icon]) expect(existsSync(path.join(root, picture)), picture).toBe(true);
    for (const picture of pictures) expect(read(picture)).toContain("var(--vscode-");
  });
});

it("wakes up in workspaces with an entry script or a deployment file, and in no others", () => {
  for (const event of manifest.activationEvents) expect(event).toMatch(/^(?:workspaceContains:\*\*\/.*(?:score|deployment|inferenceconfig)|onDebug)/);
});
