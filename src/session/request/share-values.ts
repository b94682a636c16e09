import { CodecError } from '../../core/errors.js'
import { describeNoun } from '../../core/shape.js'
import { disown, isThenable } from '../../core/thenable.js'
import { isPlainObject } from '../../core/value.js'
import { isWellFormed } from '../../core/well-formed.js'
import type { OldContents } from '../transport/adopt-port.js'

/**
 * Among the values of an old cookie, it says that the cookie is a copy of a session of ours. Such a cookie is never adopted: it
 * would bring back what has ended. An old app that keeps what it does not know keeps the mark as well.
 */
const SHARED_MARK = '_zession'

const MAX_DEPTH = 64

export function isShared({ values }: OldContents): boolean {
  return Object.hasOwn(values, SHARED_MARK)
}

/**
 * A copy of what `share` is to write, marked: values that mean the same in every library and language.
 * @throws CodecError for anything else, with its path
 */
export function toShared(given: unknown): Record<string, unknown> {
  if (isThenable(given)) disown(given)
  if (typeof given !== 'object' || given === null || !isPlainObject(given))
    throw new CodecError(
      `\`values\` of \`share\` returned ${describeNoun(given)}; it returns an object of plain values.`,
      '',
    )
  return { ...(copyOf(given, '', 0) as Record<string, unknown>), [SHARED_MARK]: true }
}

function copyOf(value: unknown, path: string, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string' && isWellFormed(value)) return value
  if (typeof value !== 'object' || depth > MAX_DEPTH) throw refused(value, path)
  if (Array.isArray(value)) return value.map((item, at) => copyOf(item, `${path}[${at}]`, depth + 1))
  if (!isPlainObject(value) || Object.hasOwn(value, '__proto__')) throw refused(value, path)
  const present = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(
    present.map(([key, item]) => [key, copyOf(item, path === '' ? key : `${path}.${key}`, depth + 1)]),
  )
}

function refused(value: unknown, path: string): CodecError {
  const shown = path.length > 100 ? `${path.slice(0, 100)}...` : path
  return new CodecError(
    `\`${shown}\` of what \`share\` writes is ${describeNoun(value)}, which another library would not read as it is. Plain objects, arrays, texts, finite numbers, booleans and null are: turn it into one of them in \`values\`.`,
    shown,
  )
}
