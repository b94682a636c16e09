import type {
  ChildProcess,
  ChildProcessWithoutNullStreams,
  SpawnOptions,
  SpawnOptionsWithoutStdio,
} from 'node:child_process'

/** A server process that tests may treat badly. Its data folder and port stay the same until `stop`. */
export interface ServerProcess {
  /** Changes with every restart. */
  readonly pid: number
  /** SIGKILL, to the processes that it started too; ends when it is gone. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps its connections, takes new ones, and answers nothing. */
  pause(): void
  resume(): void
  /** Ends it politely if it still runs, starts it on the same data and port, and waits until it takes connections. */
  restart(args?: readonly string[]): Promise<void>
  /** Ends it politely and removes its data. */
  stop(): Promise<void>
}

/** A database server of its own, on a port and data that nobody else uses. */
export interface Server extends Omit<ServerProcess, 'restart'> {
  readonly url: string
  /** The name of the engine and its version, as the server itself says: `PostgreSQL 15.13`. */
  readonly version: string
  readonly port: number
  restart(): Promise<void>
}

export interface LaunchSpec {
  readonly command: string
  readonly args: readonly string[]
  /** What the server prints when it takes connections. */
  readonly ready: RegExp
  /** Working folder, removed by `stop`. */
  readonly folder?: string
  /** @default 'SIGTERM' */
  readonly stopSignal?: NodeJS.Signals
  readonly options?: SpawnOptions
}

/**
 * Starts a server and waits until it is ready.
 * @throws Error with what the server printed when it ends or stays silent for 30 seconds
 */
export declare function launch(spec: LaunchSpec): Promise<ServerProcess>

/**
 * Runs a command to its end and answers what it printed.
 * @throws Error with what it printed when its exit code is not 0
 */
export declare function run(command: string, args: readonly string[], options?: SpawnOptions): Promise<string>

/** `spawn`, for a child that does not outlive this process. */
export declare function guarded(
  command: string,
  args: readonly string[],
  options?: SpawnOptionsWithoutStdio,
): ChildProcessWithoutNullStreams
export declare function guarded(command: string, args: readonly string[], options: SpawnOptions): ChildProcess

/** SIGKILL, to the processes that it started too; ends when it is gone. */
export declare function endAll(child: ChildProcess): Promise<void>

/** A new folder in the system's one for temporary files, removed when this process ends. */
export declare function makeFolder(name: string): string

export declare function removeFolder(folder: string): void

/** Removes the folders of processes that were killed before they could. */
export declare function sweepFolders(): void

/** A port of 127.0.0.1 that nobody listens on, and that this process was not given before. */
export declare function freePort(): Promise<number>

/**
 * Asks every 20 ms until the answer is true; an error counts as no.
 * @param timeout milliseconds @default 20000
 * @throws Error that names `what`, with the last error as its cause
 */
export declare function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeout?: number,
): Promise<void>
