// The text of the scoring document. Pure: an answer and the one before it in, text out; language/answer.tmLanguage.json colours it.
import type { ScoreResult } from "../protocol";
import { duration, type L10n, size } from "../words";

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

function shorten(l10n: L10n, text: string): string {
  const lines = text.split("\n").map((line) => (line.length > 200 ? `${line.slice(0, 200)} …` : line));
  if (lines.length <= LONGEST_BODY) return lines.join("\n");
  return [...lines.slice(0, LONGEST_BODY), `… ${l10n.t("{0} more lines", lines.length - LONGEST_BODY)}`].join("\n");
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

const section = (title: string, body: string) => `── ${title}\n${body}`;

export function answerText(l10n: L10n, name: string, now: Scored | undefined, before: Scored | undefined): string {
  if (!now) return `${name}: ${l10n.t("nothing has been sent yet")}\n`;
  const { result } = now;
  const answer = layOut(result.answer);
  const parts = [`${name}: ${outcome(l10n, now)}`];
  if (result.problem) parts.push(`! ${result.problem}`);
  const updates = now.generation - 1;
  const at = updates ? l10n.t("Answer at {0}, after update {1}", time(now.at), updates) : l10n.t("Answer at {0}", time(now.at));
  if (answer) parts.push(section(at, shorten(l10n, answer)));
  if (before) parts.push(compared(l10n, answer, now, before));
  const bytes = new TextEncoder().encode(result.request).length;
  parts.push(section(l10n.t("Request: {0} ({1})", result.sample, size(bytes)), shorten(l10n, layOut(result.request))));
  return `${parts.join("\n\n")}\n`;
}

function outcome(l10n: L10n, { result }: Scored): string {
  return result.status
    ? l10n.t("{0} in {1}", result.status, duration(result.seconds))
    : l10n.t("no answer after {0}", duration(result.seconds));
}

function compared(l10n: L10n, answer: string, now: Scored, before: Scored): string {
  const old = layOut(before.result.answer);
  const title = l10n.t("Against the answer at {0}: {1}", time(before.at), outcome(l10n, before));
  if (old === answer) return section(title, now.result.status === before.result.status ? l10n.t("The same.") : l10n.t("The same text."));
  const small = Math.max(old.split("\n").length, answer.split("\n").length) <= DIFFERENCE_LIMIT;
  return section(title, small ? shorten(l10n, difference(old, answer).join("\n")) : shorten(l10n, old));
}

function time(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
