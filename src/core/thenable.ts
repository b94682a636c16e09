/** Whether somebody has passed the promise of a value for the value. */
export function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** For a promise that nobody will look at: its rejection must not end the process. */
export function disown(promise: unknown): void {
  Promise.resolve(promise).catch(() => {})
}
