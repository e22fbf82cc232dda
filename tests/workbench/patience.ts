// What a test waits for, always with a deadline.

/** Milliseconds: far more than anything here takes, since the machine may be busy with something else. */
export const PATIENCE = 60_000;

/** Tries until it works; the last failure is what the test shows. */
export async function until<T>(attempt: () => Promise<T> | T, timeout = PATIENCE): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Waits until a condition holds. */
export async function wait(what: string, condition: () => boolean | Promise<boolean>, timeout = PATIENCE): Promise<void> {
  await until(async () => {
    if (!(await condition())) throw new Error(`in vain waited for: ${what}`);
  }, timeout);
}
