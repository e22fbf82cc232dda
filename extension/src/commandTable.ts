// How a command is chosen between its enabled and its disabled form. Pure.

/** What a command does while the server runs, and what it does instead while it does not. */
export interface CommandForms<A> {
  readonly enabled: (app: A) => (...given: unknown[]) => unknown;
  /** Absent: the command says why the server is not there. */
  readonly disabled?: (app: A) => (...given: unknown[]) => unknown;
  /** Runs or changes something: refused in Restricted Mode. */
  readonly needsTrust?: boolean;
}

export interface Surroundings {
  readonly running: boolean;
  readonly trusted: boolean;
}

export type Chosen = "enabled" | "disabled" | "explain" | "untrusted";

export function chooseForm(forms: CommandForms<never>, { running, trusted }: Surroundings): Chosen {
  if (forms.needsTrust && !trusted) return "untrusted";
  if (running) return "enabled";
  return forms.disabled ? "disabled" : "explain";
}
