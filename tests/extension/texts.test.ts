import { describe, expect, it } from "vitest";
import { chooseForm } from "../../extension/src/commandTable";
import type { ServiceView } from "../../extension/src/protocol";
import { serviceDescription, serviceIcon, serviceTooltip } from "../../extension/src/views/serviceText";
import { duration, size, suggestedName, uptime } from "../../extension/src/words";

describe("words for numbers", () => {
  it.each([
    [0.0004, "0.4 ms"],
    [0.0123, "12 ms"],
    [1.2345, "1.23 s"],
    [250, "250 s"],
  ])("writes %d s as %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  it.each([
    [-1, "0 s"],
    [59, "59 s"],
    [190, "3 min"],
    [7500, "2 h 5 min"],
    [260_000, "3 days"],
  ])("writes an uptime of %d s as %s", (seconds, text) => expect(uptime(l10n, seconds)).toBe(text));

  it.each([
    [0, "0 B"],
    [5_214, "5.2 kB"],
    [394_000_000, "394 MB"],
    [9e15, "9000 TB"],
  ])("writes %d bytes as %s", (bytes, text) => expect(size(bytes)).toBe(text));
});

describe("the name that is suggested for a model", () => {
  it.each([
    ["/models/digits.joblib", "digits"],
    ["/models/my model (3).pkl", "my-model-3-"],
    ["/models/bundle/", "bundle"],
    ["/models/v1.2/", "v1"],
    ["/models/.hidden", "hidden"],
    ["/models/modèle.onnx", "mod-le"],
  ])("of %s is %s", (path, name) => expect(suggestedName(path)).toBe(name));
});

const l10n = { t: (text: string, ...values: (string | number)[]) => text.replace(/\{(\d)\}/g, (_, number) => String(values[Number(number)])) };
const service: ServiceView = {
  name: "digits",
  target: "process",
  state: "healthy",
  port: 31311,
  projectUri: "file:///p/deployment.yml",
  scriptUri: "file:///p/score.py",
  environment: "digits-env",
  startedAt: 1000,
  generation: 1,
  scoringUri: "http://127.0.0.1:31311/score",
  exitReason: "",
};

describe("a service in the tree", () => {
  it("says where it runs and for how long", () => {
    expect(serviceDescription(l10n, service, 1200)).toBe("process  :31311  3 min  digits-env");
  });

  it("says why it does not run", () => {
    const crashed = { ...service, state: "crashed", exitReason: "init raised ValueError" };
    expect(serviceDescription(l10n, crashed, 1200)).toContain("crashed: init raised ValueError");
    expect(serviceTooltip(l10n, crashed)).toContain("init raised ValueError");
  });

  it("has an icon for every state of hosting", () => {
    const states = ["building", "starting", "healthy", "unhealthy", "busy", "held", "crashed", "stopped"];
    for (const state of states) expect(serviceIcon(state).id).not.toBe("");
    expect(new Set(states.map((state) => serviceIcon(state).id)).size).toBeGreaterThan(5);
  });
});

describe("the form of a command", () => {
  const both = { enabled: () => () => 1, disabled: () => () => 2 };
  const one = { enabled: () => () => 1 };
  it.each([
    [both, true, true, "enabled"],
    [both, false, true, "disabled"],
    [one, false, true, "explain"],
    [{ ...one, needsTrust: true }, true, false, "untrusted"],
    [{ ...one, needsTrust: true }, true, true, "enabled"],
  ] as const)("%# is chosen by what is there", (forms, running, trusted, chosen) => {
    expect(chooseForm(forms, { running, trusted })).toBe(chosen);
  });
});
