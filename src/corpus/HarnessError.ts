/**
 * What the harness throws when it cannot do its work: a bad flag, an unreadable corpus file, no tap device.
 *
 * A finding is never a HarnessError. The command line prints the message as it is, without a stack, and leaves with
 * exit code 2; so the message is one sentence on one line that says what was expected and what came.
 */
export class HarnessError extends Error {
  override readonly name = "HarnessError";

  /** `code` is kebab-case and stable: scripts may compare it. Line breaks in the message become spaces. */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " "), options);
  }
}

/** The message of anything that was thrown: a HarnessError's is fit for users as it is. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The one line for a reader: the message of a HarnessError, otherwise undefined. */
export const harnessMessage = (error: unknown): string | undefined =>
  error instanceof HarnessError ? error.message : undefined;
