import type { RegisteredType } from '../core/type-registry.js'
import { findCycle } from './cycle.js'
import { refusalOf } from './describe.js'
import { ENCODED, formatPath, type Step } from './path.js'
import { type Refusal, toCodecError } from './refusal.js'
import {
  accessor,
  containsItself,
  forbiddenKey,
  hidden,
  hole,
  MAX_DEPTH,
  named,
  ownProperties,
  tooDeep,
  unencoded,
} from './refusals.js'
import type { TypeLookup } from './type-lookup.js'

/** Visits a value inside `carry`, at `step` from the value being carried; returns what to write in its place. */
export type Visit = (child: unknown, step: Step) => unknown

/** What one codec can carry beyond null, booleans, finite numbers, strings, dense arrays and plain objects. */
export interface WalkRules {
  readonly codec: string
  /** Key names of plain objects that are refused, beside `__proto__`. */
  readonly refusedKeys?: ReadonlySet<string>
  /** What to write for a plain object that has been visited. */
  readonly plain?: (value: Readonly<Record<string, unknown>>) => unknown
  /** The app's own classes: they win over `carry`. */
  readonly types?: TypeLookup | undefined
  /** What to write for an instance of one of them, given what its `encode` gave, visited. */
  readonly registered: (name: string, plain: unknown) => unknown
  /** For undefined, BigInt, NaN, the infinities and -0: what to write instead, or a refusal. */
  primitive(value: undefined | bigint | number): unknown
  /** By prototype: what to write instead of an instance. A subclass has another prototype, so it is refused. */
  readonly carry: ReadonlyMap<object, (value: never, visit: Visit) => unknown>
}

/**
 * Checks a value against what a codec can carry, and returns what it should write: the value itself when nothing has to be
 * written differently, otherwise a copy along the changed path only. Never changes the value.
 * @throws CodecError with the path of the first value that cannot be carried
 */
export function createWalk(rules: WalkRules): (value: unknown) => unknown {
  const { refusedKeys, carry, types } = rules
  let busy = false
  const steps: Step[] = []
  /** How many steps lead to the value being refused. */
  let refusedAt = 0

  function refuse(refusal: Refusal, depth: number): never {
    refusedAt = depth
    throw refusal
  }

  function visit(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
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
        return refuse(refusalOf(value), depth)
    }
  }

  function visitObject(value: object, depth: number): unknown {
    // A Proxy may throw at every step that follows.
    refusedAt = depth
    if (depth > MAX_DEPTH) refuse(tooDeep(), depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype) return visitPlain(value as Record<string, unknown>, depth)
    if (prototype === Array.prototype && Array.isArray(value)) return visitArray(value, depth)
    const type = types?.of(value)
    if (type !== undefined) return visitRegistered(type, value, depth)
    const carrier = prototype === null ? undefined : carry.get(prototype as object)
    if (carrier === undefined) refuse(refusalOf(value), depth)
    // Own properties of a Date or Map would be lost. Typed arrays list every element here, so they are left out.
    if (!ArrayBuffer.isView(value) && Object.keys(value).length + Object.getOwnPropertySymbols(value).length > 0)
      refuse(ownProperties(), depth)
    return carrier(value as never, (child, step) => {
      steps[depth] = step
      const result = visit(child, depth + 1)
      refusedAt = depth
      return result
    })
  }

  function visitRegistered(type: RegisteredType, value: object, depth: number): unknown {
    let plain: unknown
    try {
      plain = type.encode(value)
    } catch (cause) {
      throw unencoded(type.name, cause)
    }
    steps[depth] = ENCODED
    return rules.registered(type.name, visit(plain, depth + 1))
  }

  function visitArray(value: readonly unknown[], depth: number): unknown {
    const length = value.length
    let copy: unknown[] | undefined
    for (let i = 0; i < length; i++) {
      const child = value[i]
      steps[depth] = i
      if (child === undefined && !Object.hasOwn(value, i)) refuse(hole(), depth + 1)
      const result = visit(child, depth + 1)
      if (copy !== undefined) copy.push(result)
      else if (result !== child && result === result) {
        copy = value.slice(0, i)
        copy.push(result)
      }
    }
    if (Object.keys(value).length !== length || Object.getOwnPropertySymbols(value).length > 0) refuse(named(), depth)
    return copy ?? value
  }

  function visitPlain(value: Readonly<Record<string, unknown>>, depth: number): unknown {
    const keys = Object.keys(value)
    if (Object.getOwnPropertyNames(value).length !== keys.length || Object.getOwnPropertySymbols(value).length > 0)
      refuse(hidden(), depth)
    let copy: Record<string, unknown> | undefined
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string
      steps[depth] = key
      if (key === '__proto__' || refusedKeys?.has(key)) refuse(forbiddenKey(key), depth + 1)
      const descriptor = Object.getOwnPropertyDescriptor(value, key)
      if (descriptor === undefined || descriptor.get || descriptor.set) refuse(accessor(), depth + 1)
      const child: unknown = descriptor.value
      const result = visit(child, depth + 1)
      if (result !== child && result === result) {
        copy ??= { ...value }
        copy[key] = result
      }
    }
    const visited = copy ?? value
    return rules.plain === undefined ? visited : rules.plain(visited)
  }

  return (value) => {
    // The encode of a registered class may lead here again, in the middle of a walk.
    if (busy) return createWalk(rules)(value)
    busy = true
    try {
      return visit(value, 0)
    } catch (error) {
      const cycle = refusedAt > MAX_DEPTH ? findCycle(value, types) : undefined
      const path = formatPath(cycle ?? steps.slice(0, refusedAt))
      throw toCodecError(rules.codec, cycle ? containsItself() : error, path)
    } finally {
      busy = false
      // Keys are data: not kept alive after the call.
      steps.fill(0)
    }
  }
}
