/** A Go program of a test, built. */
export interface GoProgram {
  /** Runs it with JSON on its input, and reads JSON from its output. */
  ask(question: unknown): unknown
  /** Runs it as a server that prints its port. */
  serve(...args: readonly string[]): Promise<{ readonly port: number; stop(): Promise<void> }>
  remove(): void
}

/**
 * Builds the program in a folder from the modules that are on this machine: nothing is fetched. Undefined where there is no Go, or
 * where a module is missing; tests register what they can then, with samples that Go has read or written before.
 * @param folder beside the test: `new URL('./share-go/', import.meta.url)`
 */
export function buildGo(folder: URL): GoProgram | undefined
