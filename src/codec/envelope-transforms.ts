import { CodecError, MisdeployError, SessionError, UnreadableRecordError } from '../core/errors.js'
import { damaged, view } from './envelope-fields.js'
import { FLAG, type HeaderParts, readHeader } from './envelope-header.js'
import type { Transform, TransformContext } from './port.js'
import { isCompressedAfterSealing } from './transform.js'

/** The transforms of an app, and what one record is bound to. */
export interface TransformStack {
  /** In the order in which they are applied; undone from the last to the first. */
  readonly transforms: readonly Transform[]
  /** The store key of the record. */
  readonly key: string
  /** The raw session id, or an empty text where only the record is known (scans). */
  readonly id: string
  /** Limit for the stored bytes and for what each step gives. */
  readonly maxBytes: number
  /** Milliseconds since the epoch: some transforms are required only from a moment on. */
  readonly now: number
}

/**
 * What to store for a record of `encodeEnvelope`. The record itself when no transform wants it.
 * @throws SessionError `ERR_SESSION_TOO_LARGE` when a step is given more than `maxBytes`, which could not be read back
 * @throws CodecError when a transform fails
 */
export function applyTransforms(record: Uint8Array, stack: TransformStack): Uint8Array {
  const { name, listAt, flagsAt } = readHeader(record)
  const plainHeader = record.slice(0, listAt)
  plainHeader[flagsAt] = (plainHeader[flagsAt] as number) | FLAG.transformed
  let header: Uint8Array = plainHeader
  let body = view(record, listAt, record.length)
  const applied: string[] = []
  for (const transform of stack.transforms) {
    if (body.length > stack.maxBytes) throw tooLarge(name, body.length, stack.maxBytes)
    const next = withNames(plainHeader, [...applied, transform.name])
    const made = attempt(transform, name, () => transform.apply(body, contextFor(name, next, stack)))
    if (made === undefined) continue
    applied.push(transform.name)
    header = next
    body = made
  }
  return applied.length === 0 ? record : concat(header, body)
}

/**
 * The body of a record before its transforms; undefined when none was applied, or for a plain record that may be plain.
 * @throws UnreadableRecordError on damage, MisdeployError for a transform that is unknown, or required and missing
 */
export function undoTransforms(
  record: Uint8Array,
  header: HeaderParts,
  stack: TransformStack | undefined,
): Uint8Array | undefined {
  const { name, transforms: names, listAt, bodyAt } = header
  const undoing = names.map((wanted) => {
    const transform = stack?.transforms.find((candidate) => candidate.name === wanted)
    if (!transform) throw unknownTransform(name, wanted)
    return transform
  })
  if (stack === undefined) return undefined
  if (record.length > stack.maxBytes)
    throw new UnreadableRecordError(
      `A record of session \`${name}\` is ${record.length} bytes, over \`maxRecordBytes\` (${stack.maxBytes}).`,
    )
  if (isCompressedAfterSealing(names)) throw damaged('it was compressed after it was sealed')
  for (const transform of stack.transforms) {
    if (isRequired(transform, stack.now) && !names.includes(transform.name)) throw missing(name, transform.name)
  }
  if (names.length === 0) return undefined
  const plainHeader = view(record, 0, listAt)
  let body = view(record, bodyAt, record.length)
  for (let i = undoing.length - 1; i >= 0; i--) {
    body = undo(undoing[i] as Transform, body, contextFor(name, withNames(plainHeader, names.slice(0, i + 1)), stack))
  }
  return body
}

function undo(transform: Transform, body: Uint8Array, context: TransformContext): Uint8Array {
  let undone: Uint8Array
  try {
    undone = transform.undo(body, context)
  } catch (error) {
    // A misdeploy or a mistake in the options is not damage: it must not reset the session.
    if (error instanceof SessionError) throw error
    throw new UnreadableRecordError(
      `Transform \`${transform.name}\` cannot undo a record of session \`${context.name}\`: it is damaged, or was written elsewhere.`,
      { cause: error },
    )
  }
  if (undone.length > context.maxBytes)
    throw new UnreadableRecordError(
      `A record of session \`${context.name}\` is over \`maxRecordBytes\` (${context.maxBytes}) once transform \`${transform.name}\` is undone.`,
    )
  return undone
}

function attempt<T>(transform: Transform, name: string, apply: () => T): T {
  try {
    return apply()
  } catch (error) {
    if (error instanceof SessionError) throw error
    throw new CodecError(`Transform \`${transform.name}\` failed on a record of session \`${name}\`.`, '', {
      cause: error,
    })
  }
}

function contextFor(name: string, header: Uint8Array, stack: TransformStack): TransformContext {
  return { name, key: stack.key, id: stack.id, header, maxBytes: stack.maxBytes }
}

/** The header up to its list of transforms, then the list: how many, and each name after its length. */
function withNames(plainHeader: Uint8Array, names: readonly string[]): Uint8Array {
  const list = names.map((name) => String.fromCharCode(name.length) + name).join('')
  return concat(plainHeader, Buffer.from(String.fromCharCode(names.length) + list, 'latin1'))
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const out = new Uint8Array(first.length + second.length)
  out.set(first)
  out.set(second, first.length)
  return out
}

function isRequired({ required }: Transform, now: number): boolean {
  return typeof required === 'function' ? required(now) : required === true
}

function tooLarge(name: string, size: number, maxBytes: number): SessionError {
  return new SessionError(
    'ERR_SESSION_TOO_LARGE',
    `Session \`${name}\` is ${size} bytes before it is transformed; \`maxRecordBytes\` is ${maxBytes}.`,
  )
}

function unknownTransform(name: string, transform: string): MisdeployError {
  return new MisdeployError(
    `A record of session \`${name}\` was written with transform \`${transform}\`, which this app does not have. A record of transform \`seal\` needs \`encrypt\` and the \`secrets\` that it was written with.`,
  )
}

function missing(name: string, transform: string): MisdeployError {
  return new MisdeployError(
    `A record of session \`${name}\` was written without transform \`${transform}\`, which this app requires: somebody may have planted it. If the app was just switched over, say until when older records are read: \`encrypt: { acceptPlain }\`, a Date.`,
  )
}
