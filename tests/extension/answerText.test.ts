import { describe, expect, it } from "vitest";
import { answerText as inWords, difference, layOut, type Scored } from "../../extension/src/panel/answerText";

const l10n = { t: (text: string, ...values: (string | number)[]) => text.replace(/\{(\d)\}/g, (_, number) => String(values[Number(number)])) };
const answerText = (name: string, now: Scored | undefined, before: Scored | undefined) => inWords(l10n, name, now, before);

const scored = (answer: string, change: Partial<Scored["result"]> = {}, generation = 1): Scored => ({
  at: new Date(2026, 0, 2, 9, 5, 7),
  generation,
  result: {
    name: "digits",
    sample: "digit-two.json",
    request: '{"data": [[0, 1]]}',
    status: 200,
    seconds: 0.0123,
    answer,
    contentType: "application/json",
    headers: [],
    problem: "",
    ...change,
  },
});

describe("the scoring document", () => {
  it("shows outcome, answer and request", () => {
    const text = answerText("digits", scored('{"digit": 2}'), undefined);
    expect(text).toBe(
      'digits: 200 in 12 ms\n\n── Answer at 09:05:07\n{\n  "digit": 2\n}\n\n── Request: digit-two.json (18 B)\n{\n  "data": [[0, 1]]\n}\n',
    );
  });

  it("shows the answer before against the new one", () => {
    const text = answerText("digits", scored('{"digit": "two"}', {}, 3), scored('{"digit": 2}'));
    expect(text).toContain("after update 2");
    expect(text).toContain('── Against the answer at 09:05:07: 200 in 12 ms\n  {\n-   "digit": 2\n+   "digit": "two"\n  }\n');
  });

  it("says when nothing has changed", () => {
    expect(answerText("digits", scored("2"), scored("2"))).toContain("The same.");
  });

  it("says why there is no answer", () => {
    const text = answerText("digits", scored("", { status: 0, problem: "The service did not answer." }), undefined);
    expect(text).toContain("no answer after 12 ms");
    expect(text).toContain("\n! The service did not answer.\n");
    expect(text).not.toContain("── Answer");
  });

  it("keeps a text that is no JSON as it is", () => {
    expect(answerText("digits", scored("Traceback:\n  boom"), undefined)).toContain("── Answer at 09:05:07\nTraceback:\n  boom\n");
  });

  it("shortens what nobody would read to the end", () => {
    const rows = JSON.stringify(Array.from({ length: 300 }, () => Array.from({ length: 50 }, () => 0)));
    expect(answerText("digits", scored(rows), undefined)).toMatch(/… \d+ more lines/);
  });
});

describe("JSON for reading", () => {
  it("keeps an image one row to a line", () => {
    const image = JSON.stringify({ data: [Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => 255))] });
    expect(layOut(image).split("\n").length).toBeLessThan(40);
  });

  it("stays the same JSON", () => {
    const value = { a: [1, { b: [null, true, "x".repeat(100)] }], c: {} };
    expect(JSON.parse(layOut(JSON.stringify(value)))).toEqual(value);
  });
});

describe("the difference of two answers", () => {
  it("keeps what is common", () => {
    expect(difference("a\nb\nc", "a\nx\nc")).toEqual(["  a", "- b", "+ x", "  c"]);
  });

  it("gives both texts back", () => {
    const lines = difference("1\n2\n3\n4", "0\n2\n4\n5");
    const side = (mark: string) => lines.filter((line) => line.startsWith(mark) || line.startsWith(" ")).map((line) => line.slice(2));
    expect(side("-").join("\n")).toBe("1\n2\n3\n4");
    expect(side("+").join("\n")).toBe("0\n2\n4\n5");
  });
});
