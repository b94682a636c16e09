import { MisdeployError, UnreadableRecordError } from '../core/errors.js'
import { damaged, readByte, readText, readTime, readVarint } from './envelope-fields.js'
import { knownTexts } from './envelope-texts.js'
import { TRANSFORM_NAME } from './transform.js'

/** What a record says in clear, before its body. Times are milliseconds since the Unix epoch. */
export interface EnvelopeHeader {
  /** The name of the session definition that wrote the record. */
  readonly name: string
  /** The name of the codec that wrote `data` and `flash`. */
  readonly codec: string
  readonly schemaVersion: number
  /** The client keeps its cookie over a browser restart (`remember`). */
  readonly persistent: boolean
  readonly createdAt: number
  readonly absoluteExpiresAt: number
  /** Milliseconds, whole seconds in the stored form. */
  readonly idleMs: number
  /** Since when the session has its id, where that is not `createdAt`; whole seconds after it in the stored form. */
  readonly idSince?: number | undefined
  /** How the cookie of this session is written, where it differs from the definition: 1 to 255 bytes of text. */
  readonly cookie?: string | undefined
  readonly login?: Login | undefined
}

/** The place of a session among those of its subject, where their number is limited. Both below 2^48. */
export interface Login {
  /** When it was taken: the login. Milliseconds since the Unix epoch. */
  readonly at: number
  /** A random number that stays with the session when it gets a new id. */
  readonly mark: number
}

/** The header and where its parts are. */
export interface HeaderParts extends EnvelopeHeader {
  readonly flags: number
  readonly flagsAt: number
  /** Names of the transforms in the order they were applied. */
  readonly transforms: readonly string[]
  /** Where the list of transforms begins: the end of the header where there is none. */
  readonly listAt: number
  readonly bodyAt: number
}

export const FORMAT = 1
const LAST_RESERVED_FORMAT = 15
export const TIME_LIMIT = 2 ** 48

export const FLAG = {
  hasFlash: 1,
  persistent: 2,
  /** The absolute deadline is stored as whole seconds after `createdAt`, not as milliseconds since the epoch. */
  absoluteIsDelta: 4,
  /** The header ends with a list of transforms, and what follows is what they made of the body. */
  transformed: 8,
  /** After the idle seconds: how many seconds after `createdAt` the session got its id. */
  rotated: 16,
  /** Then: how the session's cookie is written, a text. */
  cookie: 32,
  /** Then: the login, twice six bytes. */
  login: 64,
} as const
const KNOWN_FLAGS = Object.values(FLAG).reduce((all, flag) => all | flag, 0)

const NONE: readonly string[] = []

/**
 * The header of a record, without a look at its body: works for records that this process could not open.
 * @throws UnreadableRecordError when the bytes are damaged
 * @throws MisdeployError when the format byte or a flag is one that a newer release may have written
 */
export function readHeader(bytes: Uint8Array): HeaderParts {
  if (bytes.length === 0) throw new UnreadableRecordError('A stored record is empty.')
  const format = bytes[0] as number
  if (format !== FORMAT) throw unknownFormat(format)

  const cursor = { at: 1 }
  const known = knownTexts(bytes)
  if (known) cursor.at += known.bytes.length
  const name = known ? known.name : readText(bytes, cursor)
  const codec = known ? known.codec : readText(bytes, cursor)
  const schemaVersion = readVarint(bytes, cursor)
  const flagsAt = cursor.at
  const flags = readByte(bytes, cursor)
  if (flags & ~KNOWN_FLAGS) {
    throw new MisdeployError(
      `A stored record has flags that this release does not know (${flags}). Deploy the release that wrote it.`,
    )
  }
  const createdAt = readTime(bytes, cursor)
  const absoluteExpiresAt =
    flags & FLAG.absoluteIsDelta ? createdAt + readVarint(bytes, cursor) * 1000 : readTime(bytes, cursor)
  const idleSeconds = readVarint(bytes, cursor)
  const idSince = flags & FLAG.rotated ? createdAt + readVarint(bytes, cursor) * 1000 : undefined
  const cookie = flags & FLAG.cookie ? readText(bytes, cursor) : undefined
  const login = flags & FLAG.login ? { at: readTime(bytes, cursor), mark: readTime(bytes, cursor) } : undefined
  if (absoluteExpiresAt >= TIME_LIMIT || idleSeconds >= TIME_LIMIT) throw damaged('a time is out of range')
  const listAt = cursor.at
  const transforms = flags & FLAG.transformed ? readTransformNames(bytes, cursor) : NONE
  return {
    name,
    codec,
    schemaVersion,
    persistent: (flags & FLAG.persistent) !== 0,
    createdAt,
    absoluteExpiresAt,
    idleMs: idleSeconds * 1000,
    ...(idSince === undefined ? {} : { idSince }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(login === undefined ? {} : { login }),
    flags,
    flagsAt,
    transforms,
    listAt,
    bodyAt: cursor.at,
  }
}

/** Bounded by what can be undone: each transform once. */
function readTransformNames(bytes: Uint8Array, cursor: { at: number }): string[] {
  const count = readByte(bytes, cursor)
  if (count === 0) throw damaged('its list of transforms is empty')
  const names: string[] = []
  for (let i = 0; i < count; i++) {
    const name = readText(bytes, cursor)
    if (!TRANSFORM_NAME.test(name)) throw damaged('it names a transform that cannot exist')
    if (names.includes(name)) throw damaged('it names a transform twice')
    names.push(name)
  }
  return names
}

function unknownFormat(format: number): MisdeployError | UnreadableRecordError {
  if (format > FORMAT && format <= LAST_RESERVED_FORMAT) {
    return new MisdeployError(
      `A stored record has format ${format}, which a newer release wrote. Deploy that release again.`,
    )
  }
  return new UnreadableRecordError('A stored record does not start with a known format byte.')
}
