import type { z } from 'zod'
import type { defineSession, SessionDefinition } from '../../src/define.js'
import type { SessionOptions } from '../../src/session/definition/options.ts'
import type { UseOptions } from '../../src/session/scope.js'
import type { ReadonlySession, Session } from '../../src/session/handle/session.ts'
import type { SessionTransport } from '../../src/session/transport/transport.ts'
import type { SessionStore } from '../../src/stores/port.js'
import type { Entry, Report } from './checker.mjs'

/** What the checker must know of a definition. Times in seconds. */
export interface Policy {
  /** Whether its requests save at the end, so that one whose session has ended says so. */
  readonly saves: boolean
  readonly idleTimeout: number
  readonly maxAge: number
  readonly touchAfter: number
  readonly signIds?: boolean
  /** The id travels in this header instead of a cookie. */
  readonly header?: string
  readonly rotateEvery?: number
  readonly rotateGrace?: number
  readonly maxPerSubject?: number
  /** Milliseconds. */
  readonly storeTimeout?: number
  readonly onLimit?: 'oldest' | 'refuse'
}

export type PolicyName =
  | 'strict'
  | 'loose'
  | 'brief'
  | 'second'
  | 'signed'
  | 'header'
  | 'turning'
  | 'oldest'
  | 'refuse'
  | 'kept'

export declare const policies: Readonly<Record<PolicyName, Policy>>
/** A value that every session with data holds. */
export declare const CANARY: string
/** What ids are signed with. */
export declare const SECRET: string
export declare const schema: z.ZodObject
export declare const flash: z.ZodObject

export type Definition = SessionDefinition<typeof schema, typeof flash>

/** A definition for each policy, all on one store; that with a header only where `headerTransport` is given. */
export declare function createDefinitions(
  define: typeof defineSession,
  store: SessionStore,
  options?: Pick<SessionOptions, 'clock' | 'autoCollect' | 'generateId' | 'hooks'> & {
    /** The policies wanted. @default all */
    readonly names?: readonly string[]
    readonly headerTransport?: (name: string) => SessionTransport
  },
): Readonly<Record<string, Definition>>

/** Runs the operation of a request, and writes what it saw into `report`. */
export declare function perform(
  context: {
    readonly definition: Definition
    readonly use: (options?: UseOptions) => Promise<Session<typeof schema, typeof flash>>
    /** For operations that only look. @default use */
    readonly look?: () => Promise<ReadonlySession<typeof schema, typeof flash>>
    readonly sleep: (ms: number) => unknown
    /** For what must not overlap. Milliseconds. @default now */
    readonly time?: () => number
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
