import type { FlashData, NoFlash, SessionData, SessionSchema, Settable } from '../schema/types.js'
import type { SessionOpener } from '../session/opener.js'
import type { SessionGuard } from './guards.js'

/** The definition that a file exports as its default. */
export type DefinitionIn<File> = 'default' extends keyof File ? File['default'] : never

type SchemaIn<File> =
  DefinitionIn<File> extends infer D ? ('schema' extends keyof D ? Extract<D['schema'], SessionSchema> : never) : never

type FlashIn<File> =
  DefinitionIn<File> extends infer D
    ? 'opener' extends keyof D
      ? D['opener'] extends SessionOpener<infer _S, infer F>
        ? F
        : NoFlash
      : NoFlash
    : NoFlash

/** The keys of a list that was declared `as const`. Of any other list nothing is known, so nothing is there. */
type Listed<List> = List extends readonly (infer Key extends string)[] ? (string extends Key ? never : Key) : never

/** What browsers may see of the session of a file: its `expose`, a list of keys or a function of the session. */
export type ExposedBy<File> = 'expose' extends keyof File
  ? File['expose'] extends (...args: never[]) => infer View
    ? Readonly<View>
    : Pick<SessionData<SchemaIn<File>>, Extract<Listed<File['expose']>, keyof SessionData<SchemaIn<File>>>>
  : Record<never, never>

/** What browsers may set in the session of a file, by key: its `writable`. */
export type WritableBy<File> = 'writable' extends keyof File
  ? {
      readonly [K in Extract<Listed<File['writable']>, keyof SessionData<SchemaIn<File>> & string>]: Settable<
        SchemaIn<File>,
        K
      >
    }
  : Record<never, never>

/** The keys of the session of a file. */
type KeysOf<File> = keyof SessionData<SchemaIn<File>> & string

/** A guard of an app with these definition files: its keys are those of the session that it is about. */
export type GuardFor<Files> =
  | ('session' extends keyof Files
      ? GuardBy<Files['session']> & {
          /** The session of `server/session.ts`, which a guard is about unless it names another. @default 'session' */
          readonly name?: 'session'
        }
      : never)
  | {
      [Name in keyof Files & string]: GuardBy<Files[Name]> & {
        /** The session that the guard is about, by its file: `admin` for `server/sessions/admin.ts`. */
        readonly name: Name
      }
    }[keyof Files & string]

type GuardBy<File> = Omit<SessionGuard, 'require' | 'name'> & {
  /** Keys that must hold something: neither nothing nor null, false or an empty text. */
  readonly require?: KeysOf<File> | readonly KeysOf<File>[]
}

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
  /** Another when anything of the above is another; of the deadline only what use does not move. */
  readonly hash: string
}
