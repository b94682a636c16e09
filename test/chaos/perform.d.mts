import type { z } from 'zod'
import type { defineSession, SessionDefinition } from '../../src/define.js'
import type { SessionOptions } from '../../src/session/options.js'
import type { Session } from '../../src/session/session.js'
import type { SessionStore } from '../../src/stores/port.js'
import type { Entry, Report } from './checker.mjs'

/** What the checker must know of a definition. Times in seconds. */
export interface Policy {
  readonly onGone: 'throw' | 'ignore'
  readonly idleTimeout: number
  readonly maxAge: number
  readonly touchAfter: number
}

export declare const policies: Readonly<Record<'strict' | 'loose' | 'brief', Policy>>
export declare const schema: z.ZodObject
export declare const flash: z.ZodObject

export type Definition = SessionDefinition<typeof schema, typeof flash>

/** A definition for each policy, all on one store. */
export declare function createDefinitions(
  define: typeof defineSession,
  store: SessionStore,
  options?: Pick<SessionOptions, 'clock' | 'autoCollect' | 'generateId'> & {
    /** The policies wanted. @default all */
    readonly names?: readonly string[]
  },
): Readonly<Record<string, Definition>>

/** Runs the operation of a request, and writes what it saw into `report`. */
export declare function perform(
  context: {
    readonly definition: Definition
    readonly use: () => Promise<Session<typeof schema, typeof flash>>
    readonly sleep: (ms: number) => unknown
  },
  entry: Pick<Entry, 'n' | 'op'>,
  report: Report,
): Promise<void>

/** Milliseconds by a clock that all processes of this machine share. */
export declare function now(): number

/** A store that is slow where `before` and `after` are, and notes when a request has looked for a revocation. */
export declare function strain(
  store: SessionStore,
  hooks: {
    readonly before: (call: string) => unknown
    readonly after: (call: string) => unknown
    /** What the request at hand tells. */
    readonly report: () => Report | undefined
    readonly time: () => number
  },
): SessionStore
