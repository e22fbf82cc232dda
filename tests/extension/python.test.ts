import { describe, expect, it } from "vitest";
import { type Candidate, choose, isNewEnough, launch, onPath, type Origin } from "../../extension/src/python";

const candidate = (program: string, origin: Candidate["origin"] = "PATH"): Candidate => ({ program, args: [], origin });
const of =
  (...candidates: Candidate[]): Origin =>
  () =>
    Promise.resolve(candidates);
const machine = (versions: Record<string, string>) => (asked: Candidate) => Promise.resolve(versions[asked.program]);

describe("the choice of a Python", () => {
  it("takes the first that is new enough and asks no further", async () => {
    let asked = false;
    const later: Origin = () => {
      asked = true;
      return Promise.resolve([]);
    };
    const choice = await choose([of(candidate("old"), candidate("good")), later], machine({ old: "3.8.1", good: "3.12.0" }));
    expect(choice).toEqual({ found: true, interpreter: { ...candidate("good"), version: "3.12.0" } });
    expect(asked).toBe(false);
  });

  it("says which Pythons were too old", async () => {
    const choice = await choose([of(candidate("a"), candidate("missing"))], machine({ a: "3.9.18" }));
    expect(choice).toEqual({ found: false, tooOld: [{ ...candidate("a"), version: "3.9.18" }], settingIsBad: false });
  });

  it("does not go past a setting that is wrong: it is the user's word", async () => {
    const choice = await choose([of(candidate("mine", "setting")), of(candidate("good"))], machine({ good: "3.12.0" }));
    expect(choice).toEqual({ found: false, tooOld: [], settingIsBad: true });
  });

  it("goes on when what worked the last time is gone", async () => {
    const choice = await choose([of(candidate("gone", "last time")), of(candidate("good"))], machine({ good: "3.10.0" }));
    expect(choice.found && choice.interpreter.program).toBe("good");
  });

  it.each([
    ["3.10.0", true],
    ["3.9.99", false],
    ["4.0.0", true],
    ["2.7.18", false],
    ["nonsense", false],
  ])("knows whether %s is new enough", (version, enough) => expect(isNewEnough(version)).toBe(enough));
});

describe("the start of the server", () => {
  it("is isolated from every environment", () => {
    const { command, args } = launch({ program: "py", args: ["-3"], origin: "PATH" }, "start.py", "cache");
    expect(command).toBe("py");
    expect(args).toEqual(["-3", "-I", "-S", "-X", "utf8", "-X", "pycache_prefix=cache", "start.py"]);
  });

  it("looks for the launcher first on Windows only", () => {
    expect(onPath("win32")[0]?.program).toBe("py");
    expect(onPath("linux").some(({ program }) => program === "py")).toBe(false);
  });
});
