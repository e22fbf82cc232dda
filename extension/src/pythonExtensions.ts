// The Pythons that other extensions know. Neither extension is needed, and both are asked only where nothing else was found,
// so that nobody waits for them at a start. Pure: an extension comes in as the editor gives it.
import type { Candidate, Origin } from "./python";

/** An extension as the editor gives it, as far as it is used here. */
export interface Extension<A> {
  readonly isActive: boolean;
  readonly exports: A;
  activate(): Thenable<A>;
}

/** What is used of the interface of ms-python.vscode-python-envs; it exports nothing where the user has switched it off. */
export type EnvironmentsApi =
  | { getEnvironment(scope: undefined): Promise<{ readonly execInfo?: { readonly run: Command; readonly activatedRun?: Command } } | undefined> }
  | undefined;
interface Command {
  readonly executable: string;
  readonly args?: string[];
}

/** What is used of the interface of ms-python.python. */
export type PythonApi = { readonly environments?: { getActiveEnvironmentPath(): { readonly path: string } } } | undefined;

/** Milliseconds: searching for environments may take minutes, and there may be nothing to find. */
const PATIENCE = 10_000;

export const fromEnvironmentsExtension =
  (extension: Extension<EnvironmentsApi> | undefined, patience = PATIENCE): Origin =>
  () =>
    known("Python Environments extension", extension, patience, async (api) => {
      const run = (await api?.getEnvironment(undefined))?.execInfo?.run;
      return run && { program: run.executable, args: run.args ?? [] };
    });

export const fromPythonExtension =
  (extension: Extension<PythonApi> | undefined, patience = PATIENCE): Origin =>
  () =>
    known("Python extension", extension, patience, (api) => {
      const program = api?.environments?.getActiveEnvironmentPath().path;
      return Promise.resolve(program ? { program, args: [] } : undefined);
    });

/** What an extension answers in time; one that fails or is slow knows nothing. */
async function known<A>(
  origin: Candidate["origin"],
  extension: Extension<A> | undefined,
  patience: number,
  ask: (api: A) => Promise<Omit<Candidate, "origin"> | undefined>,
): Promise<readonly Candidate[]> {
  if (!extension) return [];
  const answer = async () => ask(extension.isActive ? extension.exports : await extension.activate());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), patience)));
  try {
    const found = await Promise.race([answer(), late]);
    return found ? [{ ...found, origin }] : [];
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}
