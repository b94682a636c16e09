import { CodecError } from '../core/errors.js'
import { findCycle } from './cycle.js'
import { describeValue } from './describe.js'
import { formatPath, type Step } from './path.js'

/** How deep values may nest. Deeper ones are refused on write, since a reader must bound its recursion. */
export const MAX_DEPTH = 128

/** Visits a value inside `carry`, at `step` from the value being carried; returns what to write in its place. */
export type Visit = (child: unknown, step: Step) => unknown

/** What one codec can carry beyond null, booleans, finite numbers, strings, dense arrays and plain objects. */
export interface WalkRules {
  readonly codec: string
  /** Strings must be well-formed Unicode, because the codec writes UTF-8. */
  readonly wellFormed: boolean
  /** Key names of plain objects that are refused, beside `__proto__`. */
  readonly refusedKeys?: ReadonlySet<string>
  /** For undefined, BigInt, NaN, the infinities and -0: what to write instead, or a refusal. */
  primitive(value: undefined | bigint | number): unknown
  /** By prototype: what to write instead of an instance. A subclass has another prototype, so it is refused. */
  readonly carry: ReadonlyMap<object, (value: never, visit: Visit) => unknown>
}

/** Thrown by rules and carriers to refuse the value at hand; the walk adds the path. */
export class Refusal extends Error {
  constructor(
    readonly what: string,
    readonly remedy: string,
  ) {
    super(what)
  }
}

/**
 * Checks a value against what a codec can carry, and returns what it should write: the value itself when nothing has to be
 * written differently, otherwise a copy along the changed path only. Never changes the value.
 * @throws CodecError with the path of the first value that cannot be carried
 */
export function createWalk(rules: WalkRules): (value: unknown) => unknown {
  const { refusedKeys, wellFormed, carry } = rules
  const steps: Step[] = []
  /** How many steps lead to the value being refused. */
  let refusedAt = 0

  function refuse(what: string, remedy: string, depth: number): never {
    refusedAt = depth
    throw new Refusal(what, remedy)
  }

  function visit(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        if (wellFormed && !isWellFormed(value)) refuse(...LONE_SURROGATE, depth)
        return value
      case 'boolean':
        return value
      case 'number':
        if (value === 0 ? 1 / value > 0 : value - value === 0) return value
        refusedAt = depth
        return rules.primitive(value)
      case 'object':
        return value === null ? null : visitObject(value, depth)
      case 'undefined':
      case 'bigint':
        refusedAt = depth
        return rules.primitive(value)
      default:
        return refuse(...describeValue(value), depth)
    }
  }

  function visitObject(value: object, depth: number): unknown {
    if (depth > MAX_DEPTH) refuse('values nested too deeply', `nest at most ${MAX_DEPTH} levels`, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype) return visitPlain(value as Record<string, unknown>, depth)
    if (prototype === Array.prototype && Array.isArray(value)) return visitArray(value, depth)
    refusedAt = depth
    const carrier = prototype === null ? undefined : carry.get(prototype as object)
    if (carrier === undefined) refuse(...describeValue(value), depth)
    // Own properties of a Date or Map would be lost. Typed arrays list every element here, so they are left out.
    if (!ArrayBuffer.isView(value) && Object.keys(value).length + Object.getOwnPropertySymbols(value).length > 0) {
      refuse('a built-in object with properties of its own', 'store them beside it', depth)
    }
    const replacement = carrier(value as never, (child, step) => {
      steps[depth] = step
      const result = visit(child, depth + 1)
      refusedAt = depth
      return result
    })
    return replacement
  }

  function visitArray(value: readonly unknown[], depth: number): unknown {
    const length = value.length
    let copy: unknown[] | undefined
    for (let i = 0; i < length; i++) {
      const child = value[i]
      steps[depth] = i
      if (child === undefined && !Object.hasOwn(value, i)) refuse('a hole in an array', 'fill it with null', depth + 1)
      const result = visit(child, depth + 1)
      if (copy !== undefined) copy.push(result)
      else if (result !== child && result === result) {
        copy = value.slice(0, i)
        copy.push(result)
      }
    }
    if (Object.keys(value).length !== length || Object.getOwnPropertySymbols(value).length > 0) {
      refuse('an array with named properties', 'use a plain object', depth)
    }
    return copy ?? value
  }

  function visitPlain(value: Readonly<Record<string, unknown>>, depth: number): unknown {
    const keys = Object.keys(value)
    // Not Reflect.ownKeys, which has no fast path: it took as long as the rest of the walk.
    if (Object.getOwnPropertyNames(value).length !== keys.length || Object.getOwnPropertySymbols(value).length > 0) {
      refuse('an object with symbol or hidden keys', 'use enumerable string keys', depth)
    }
    let copy: Record<string, unknown> | undefined
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string
      steps[depth] = key
      if (key === '__proto__' || refusedKeys?.has(key)) refuse(`the key \`${key}\``, 'rename it', depth + 1)
      if (wellFormed && !isWellFormed(key)) refuse(...LONE_SURROGATE, depth + 1)
      const descriptor = Object.getOwnPropertyDescriptor(value, key)
      if (descriptor === undefined || descriptor.get || descriptor.set) {
        refuse('a property with a getter or setter', 'store the value it gives', depth + 1)
      }
      const child: unknown = descriptor.value
      const result = visit(child, depth + 1)
      if (result !== child && result === result) {
        copy ??= { ...value }
        copy[key] = result
      }
    }
    return copy ?? value
  }

  return (value) => {
    try {
      return visit(value, 0)
    } catch (error) {
      const cycle = refusedAt > MAX_DEPTH ? findCycle(value) : undefined
      const path = formatPath(cycle ?? steps.slice(0, refusedAt))
      throw toCodecError(rules.codec, cycle ? CYCLE : error, path)
    } finally {
      // Keys are data: not kept alive after the call.
      steps.fill(0)
    }
  }
}

/** Anything but a refusal is a built-in's own complaint (`Object.create(Date.prototype)`) or a Proxy that throws. */
function toCodecError(codec: string, error: unknown, path: string): CodecError {
  const refused = error instanceof Refusal
  const what = refused ? error.what : 'a value that is not what its prototype says'
  const remedy = refused ? error.remedy : 'store plain data instead'
  const where = path === '' ? 'as the whole value' : `at \`${path}\``
  return new CodecError(
    `The codec \`${codec}\` cannot carry ${what} ${where}; ${remedy}.`,
    path,
    refused ? {} : { cause: error },
  )
}

const CYCLE = new Refusal('a value that contains itself', 'store an id in its place')
const LONE_SURROGATE = ['a string with a lone surrogate', 'store it as bytes, or mend it with toWellFormed()'] as const

function isWellFormed(text: string): boolean {
  // Missing from the library types of ES2023; in every Node this package runs on.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}
