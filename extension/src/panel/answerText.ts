// The text of the scoring document. Pure: an answer and the one before it in, Markdown out.
import type { ScoreResult } from "../protocol";
import { duration, size } from "../words";

export interface Scored {
  readonly result: ScoreResult;
  /** When the answer came, and which state of the code gave it (the service's count of updates). */
  readonly at: Date;
  readonly generation: number;
}

const LONGEST_BODY = 40;

/** JSON laid out for reading: short lists stay on one line, so that a 28x28 image is 28 lines and not 784. */
export function layOut(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  return layOutValue(value, "");
}

function layOutValue(value: unknown, indent: string): string {
  const flat = JSON.stringify(value);
  // The keys of an answer stand on lines of their own, however short it is: old and new are compared by lines.
  const whole = indent === "" && !Array.isArray(value) && flat !== "{}";
  if (typeof value !== "object" || value === null || (flat.length <= 80 - indent.length && !whole)) return spaced(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object")) return `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    return `[\n${value.map((item) => deeper + layOutValue(item, deeper)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value).map(([key, item]) => `${deeper}${JSON.stringify(key)}: ${layOutValue(item, deeper)}`);
  return `{\n${entries.join(",\n")}\n${indent}}`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

function shorten(text: string): string {
  const lines = text.split("\n").map((line) => (line.length > 200 ? `${line.slice(0, 200)} …` : line));
  if (lines.length <= LONGEST_BODY) return lines.join("\n");
  return [...lines.slice(0, LONGEST_BODY), `… ${lines.length - LONGEST_BODY} more lines`].join("\n");
}

/** Line by line, what went and what came: the longest common part stays. */
export function difference(before: string, after: string): string[] {
  const old = before.split("\n");
  const now = after.split("\n");
  const common: number[][] = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--) {
      const row = common[i];
      if (row) row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(`  ${old[i] ?? ""}`);
      i += 1;
      j += 1;
    } else if (i < old.length && (j >= now.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${old[i] ?? ""}`);
      i += 1;
    } else {
      lines.push(`+ ${now[j] ?? ""}`);
      j += 1;
    }
  }
  return lines;
}

const DIFFERENCE_LIMIT = 400;

function fence(language: string, body: string): string {
  return `\`\`\`${language}\n${body}\n\`\`\``;
}

const looksLikeJson = (text: string) => /^\s*[[{"\d-]|^\s*(?:true|false|null)\b/.test(text);

export function answerText(name: string, now: Scored | undefined, before: Scored | undefined): string {
  if (!now) return `# ${name}\n\nNothing has been sent yet.\n`;
  const { result } = now;
  const outcome = result.status ? `${result.status} in ${duration(result.seconds)}` : `no answer after ${duration(result.seconds)}`;
  const answer = layOut(result.answer);
  const parts = [`# ${name}: ${outcome}`];
  if (result.problem) parts.push(`**${result.problem}**`);
  parts.push(`## Answer at ${time(now.at)}${now.generation > 1 ? `, after update ${now.generation - 1}` : ""}`);
  parts.push(fence(looksLikeJson(answer) ? "json" : "text", shorten(answer)));
  if (before) {
    const old = layOut(before.result.answer);
    const heading = `## The answer before, ${time(before.at)} (${before.result.status || "none"} in ${duration(before.result.seconds)})`;
    const changed = old !== answer || before.result.status !== result.status;
    const small = Math.max(old.split("\n").length, answer.split("\n").length) <= DIFFERENCE_LIMIT;
    parts.push(heading, !changed ? "The same." : small ? fence("diff", difference(old, answer).join("\n")) : fence("json", shorten(old)));
  }
  const bytes = new TextEncoder().encode(result.request).length;
  parts.push(`## Request: ${result.sample} (${size(bytes)})`, fence("json", shorten(layOut(result.request))));
  return `${parts.join("\n\n")}\n`;
}

function time(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
