// The interfaces of the two Python extensions, as they publish them: the fakes have the shape of their api.ts.
import { describe, expect, it } from "vitest";
import { choose } from "../../extension/src/python";
import { type EnvironmentsApi, type Extension, fromEnvironmentsExtension, fromPythonExtension } from "../../extension/src/pythonExtensions";

const active = <A>(exports: A): Extension<A> => ({ isActive: true, exports, activate: () => Promise.reject(new Error("is active already")) });

/** An environment as `getEnvironment` gives it, with more in it than is used. */
const environment = {
  name: ".venv",
  displayName: ".venv (3.12.4)",
  displayPath: "~/project/.venv",
  version: "3.12.4",
  sysPrefix: "/home/me/project/.venv",
  envId: { id: "/home/me/project/.venv", managerId: "ms-python.python:venv" },
  execInfo: {
    run: { executable: "/home/me/project/.venv/bin/python" },
    activatedRun: { executable: "python" },
    activation: [{ executable: "source", args: ["/home/me/project/.venv/bin/activate"] }],
  },
};
const api = (found: typeof environment | undefined): EnvironmentsApi => ({ getEnvironment: () => Promise.resolve(found) });

describe("the Python Environments extension", () => {
  it("gives the Python of the chosen environment", async () => {
    expect(await fromEnvironmentsExtension(active(api(environment)))()).toEqual([
      { program: "/home/me/project/.venv/bin/python", args: [], origin: "Python Environments extension" },
    ]);
  });

  it("gives the arguments too that this Python has to be called with", async () => {
    const conda = { ...environment, execInfo: { ...environment.execInfo, run: { executable: "conda", args: ["run", "--name", "ml", "python"] } } };
    expect(await fromEnvironmentsExtension(active(api(conda)))()).toMatchObject([{ program: "conda", args: ["run", "--name", "ml", "python"] }]);
  });

  it("is started where it sleeps", async () => {
    const asleep: Extension<EnvironmentsApi> = { isActive: false, exports: undefined, activate: () => Promise.resolve(api(environment)) };
    expect(await fromEnvironmentsExtension(asleep)()).toHaveLength(1);
  });

  it.each<[string, Extension<EnvironmentsApi> | undefined]>([
    ["is not installed", undefined],
    ["has been switched off and exports nothing", active<EnvironmentsApi>(undefined)],
    ["has no environment chosen", active(api(undefined))],
    ["cannot be started", { isActive: false, exports: undefined, activate: () => Promise.reject(new Error("disabled")) }],
    ["fails", active<EnvironmentsApi>({ getEnvironment: () => Promise.reject(new Error("no manager")) })],
  ])("knows nothing where it %s", async (_, extension) => {
    expect(await fromEnvironmentsExtension(extension)()).toEqual([]);
  });

  it("is not waited for longer than agreed: it may be searching the disk", async () => {
    const never = active<EnvironmentsApi>({ getEnvironment: () => new Promise(() => undefined) });
    expect(await fromEnvironmentsExtension(never, 1)()).toEqual([]);
  });

  it("is not asked at all while another Python will do", async () => {
    let asked = false;
    const watched = active<EnvironmentsApi>({
      getEnvironment: () => {
        asked = true;
        return Promise.resolve(environment);
      },
    });
    const first = () => Promise.resolve([{ program: "python3", args: [], origin: "PATH" as const }]);
    const choice = await choose([first, fromEnvironmentsExtension(watched)], () => Promise.resolve("3.12.0"));
    expect(choice.found).toBe(true);
    expect(asked).toBe(false);
  });
});

describe("the Python extension", () => {
  it("gives the active interpreter", async () => {
    const exports = { environments: { getActiveEnvironmentPath: () => ({ id: "/usr/bin/python3", path: "/usr/bin/python3" }) } };
    expect(await fromPythonExtension(active(exports))()).toEqual([{ program: "/usr/bin/python3", args: [], origin: "Python extension" }]);
  });

  it("knows nothing where it is older than this interface", async () => {
    expect(await fromPythonExtension(active({}))()).toEqual([]);
  });
});
