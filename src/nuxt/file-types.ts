import type { FlashData, NoFlash, SessionData, SessionSchema, Settable } from '../schema/types.js'
import type { SessionOpener } from '../session/opener.js'

/** The definition that a file exports as its default. */
export type DefinitionIn<File> = File extends { readonly default: infer Definition } ? Definition : never

type SchemaIn<File> = DefinitionIn<File> extends { readonly schema: infer S extends SessionSchema } ? S : never

type FlashIn<File> = DefinitionIn<File> extends { readonly opener: SessionOpener<infer _S, infer F> } ? F : NoFlash

/** The keys of a list that was declared `as const`. Of any other list nothing is known, so nothing is there. */
type Listed<List> = List extends readonly (infer Key extends string)[] ? (string extends Key ? never : Key) : never

/** What browsers may see of the session of a file: its `expose`, a list of keys or a function of the session. */
export type ExposedBy<File> = File extends { readonly expose: infer Expose }
  ? Expose extends (...args: never[]) => infer View
    ? Readonly<View>
    : Pick<SessionData<SchemaIn<File>>, Extract<Listed<Expose>, keyof SessionData<SchemaIn<File>>>>
  : Record<never, never>

/** What browsers may set in the session of a file, by key: its `writable`. */
export type WritableBy<File> = File extends { readonly writable: infer List }
  ? { readonly [K in Extract<Listed<List>, keyof SessionData<SchemaIn<File>> & string>]: Settable<SchemaIn<File>, K> }
  : Record<never, never>

/** The flash channels of the session of a file, and what they carry. */
export type FlashBy<File> = Required<FlashData<FlashIn<File>>>

/**
 * What a page knows of its session: `unknown` until it was asked for, on pages that are rendered for everybody; `anonymous` while
 * nothing is stored; `active`; `ended` when it was there before and is not any more.
 */
export type SessionStatus = 'unknown' | 'anonymous' | 'active' | 'ended'

/** What is sent of a session to its page. */
export interface SessionView {
  /** Whether there is one. */
  readonly status: SessionStatus
  /** What is exposed of it. */
  readonly data: Readonly<Record<string, unknown>>
  /** When it ends if it is not used again, in milliseconds since 1970 by the clock of the server. */
  readonly expiresAt: number | undefined
  /** The clock of the server. */
  readonly now: number
  /** The flash channels that hold something. */
  readonly waiting: readonly string[]
}
