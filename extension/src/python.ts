// Which Python runs the server: pure, so that it is tested without an editor. Any Python that is new enough will do,
// since the server brings its own libraries; the user's environments are data to it.

export const OLDEST = [3, 10] as const;

/** A way to call a Python that may not exist; `origin` says who named it. */
export interface Candidate {
  readonly program: string;
  readonly args: readonly string[];
  readonly origin: "setting" | "last time" | "PATH" | "Python Environments extension" | "Python extension" | "uv";
}

export interface Interpreter extends Candidate {
  readonly version: string;
}

export type Choice =
  | { readonly found: true; readonly interpreter: Interpreter }
  | { readonly found: false; readonly tooOld: readonly Interpreter[]; readonly settingIsBad: boolean };

/** Asks a candidate for its version, "3.11.7"; undefined when it cannot be started. */
export type Probe = (candidate: Candidate) => Promise<string | undefined>;
/** Where candidates come from, asked one after the other, only as far as needed. */
export type Origin = () => Promise<readonly Candidate[]>;

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The first candidate that works. A setting is the user's word: when it is bad, that is said, and nothing else is tried. */
export async function choose(origins: readonly Origin[], probe: Probe): Promise<Choice> {
  const tooOld: Interpreter[] = [];
  for (const origin of origins) {
    for (const candidate of await origin()) {
      const version = await probe(candidate);
      if (version !== undefined && isNewEnough(version)) return { found: true, interpreter: { ...candidate, version } };
      if (version !== undefined) tooOld.push({ ...candidate, version });
      if (candidate.origin === "setting") return { found: false, tooOld, settingIsBad: true };
    }
  }
  return { found: false, tooOld, settingIsBad: false };
}

/** The names under which Python is commonly found on PATH. */
export function onPath(platform: NodeJS.Platform): Candidate[] {
  const names: [string, string[]][] =
    platform === "win32"
      ? [["py", ["-3"]], ["python", []]]
      : [["python3", []], ["python", []], ["python3.13", []], ["python3.12", []], ["python3.11", []], ["python3.10", []]];
  return names.map(([program, args]) => ({ program, args, origin: "PATH" }));
}

/** How the server process is started; two are equal when nothing would change by a restart. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The bundled server on any Python. `-I -S`: nothing of the user's environment is imported, a broken or foreign pygls
 * there does no harm. The bytecode goes to a folder of ours, since that of the extension may be read-only.
 */
export function launch(interpreter: Candidate, server: string, bytecode: string): Launch {
  const isolation = ["-I", "-S", "-X", "utf8", "-X", `pycache_prefix=${bytecode}`];
  return { command: interpreter.program, args: [...interpreter.args, ...isolation, server] };
}
