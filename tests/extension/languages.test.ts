// Every language of the client is whole: what is said in English is said in it, with the same values, code and settings in it.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), "utf8")) as Record<string, string>;

const ENGLISH = ["package.nls.json", "extension/l10n/bundle.l10n.json"];

/** The languages that an English file is translated into. */
function languages(english: string): string[] {
  const stem = path.basename(english, ".json");
  const files = readdirSync(path.join(root, path.dirname(english)));
  return files.flatMap((file) => (file.startsWith(`${stem}.`) && file !== `${stem}.json` ? file.slice(stem.length + 1, -".json".length) : []));
}

/** What a translation takes over as it is, in any order: {0}, ${1:name}, `code`, `#setting#` and the targets of links. */
const taken = (text: string) => (text.match(/\$?\{\d[^}]*\}|`[^`]*`|\]\([^)]*\)/g) ?? []).sort();

describe.each(ENGLISH.flatMap((english) => languages(english).map((language) => [english, language] as const)))("%s in %s", (english, language) => {
  const texts = read(english);
  const translated = read(english.replace(/json$/, `${language}.json`));

  it("has exactly the texts of the English file, and none is empty", () => {
    expect(Object.keys(translated).sort()).toEqual(Object.keys(texts).sort());
    for (const [key, text] of Object.entries(translated)) expect(text.trim(), key).not.toBe("");
  });

  it("takes over values, code, settings and links as they are", () => {
    for (const [key, text] of Object.entries(translated)) expect(taken(text), key).toEqual(taken(texts[key] ?? ""));
  });
});

it("speaks every language in the manifest and in the sources", () => {
  const [manifest, sources] = ENGLISH.map((english) => languages(english).sort());
  expect(manifest).toContain("cs");
  expect(sources).toEqual(manifest);
});
