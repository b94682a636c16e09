import { createHash } from 'node:crypto'
import inspector from 'node:inspector'

/**
 * Tells whether a function is still the same one: a hash of its text, and of what it closes over. The text alone says too little: that
 * of `n => n < LIMIT` stays when LIMIT changes, and zod wraps what `superRefine` is given into a function of its own.
 */
export function codeOf(fn: unknown): string {
  return createHash('sha256')
    .update(describe(fn, 0, new Set()))
    .digest('hex')
    .slice(0, 12)
}

type AnyFunction = (...args: never[]) => unknown

const MAX_DEPTH = 4
const HOOK = Symbol.for('zession.check.scope')

function describe(value: unknown, depth: number, seen: Set<unknown>): string {
  if (typeof value === 'function') {
    if (seen.has(value) || depth > MAX_DEPTH) return 'function'
    seen.add(value)
    const text = Function.prototype.toString.call(value)
    const around = closedOver(value as AnyFunction, text).map(
      ([name, held]) => `${name}=${describe(held, depth + 1, seen)}`,
    )
    return [text.replaceAll(/\s+/g, ' '), ...around].join('\n')
  }
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`
  if (value instanceof RegExp || value instanceof Date) return String(value)
  if (seen.has(value) || depth > MAX_DEPTH) return 'object'
  seen.add(value)
  // A schema that a check closes over is described by its definition; getters of other objects are not called.
  const zod = (value as { readonly _zod?: { readonly def?: object } })._zod
  if (zod) return `schema ${describe({ ...zod.def }, depth, seen)}`
  const inside = (parts: Iterable<unknown>) => [...parts].map((part) => describe(part, depth + 1, seen)).join()
  if (value instanceof Set || value instanceof Map) return `[${inside(value)}]`
  if (Array.isArray(value)) return `[${inside(value as unknown[])}]`
  const own = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(
    ([, property]) => property.get === undefined,
  )
  return `{${own.map(([name, property]) => `${name}:${describe(property.value, depth + 1, seen)}`).join()}}`
}

/** The variables around a function that its text names, innermost first. None where the runtime has no inspector. */
function closedOver(fn: AnyFunction, text: string): [string, unknown][] {
  const found = new Map<string, unknown>()
  try {
    const session = new inspector.Session()
    session.connect()
    try {
      for (const scope of scopesOf(session, fn))
        for (const { name, value, held } of scope)
          if (!found.has(name) && names(text, name)) found.set(name, value === undefined ? held() : value)
    } finally {
      session.disconnect()
    }
  } catch {
    return []
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1))
}

function names(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text)
}

interface Variable {
  readonly name: string
  readonly value: unknown
  readonly held: () => unknown
}

function* scopesOf(session: inspector.Session, fn: AnyFunction): Generator<Variable[]> {
  const target = globalThis as unknown as Record<symbol, unknown>
  const ask = <T>(method: string, params: object): T => {
    let answer: unknown
    session.post(method as 'Runtime.evaluate', params as never, (error, result) => {
      if (error) throw error
      answer = result
    })
    return answer as T
  }
  interface Remote {
    readonly type: string
    readonly objectId?: string
    readonly value?: unknown
    readonly description?: string
    readonly unserializableValue?: string
  }
  interface Properties {
    readonly result: readonly { readonly name: string; readonly value?: Remote }[]
    readonly internalProperties?: readonly { readonly name: string; readonly value: Remote }[]
  }
  target[HOOK] = fn
  const { result } = ask<{ result: Remote }>('Runtime.evaluate', {
    expression: "globalThis[Symbol.for('zession.check.scope')]",
  })
  const properties = (objectId: string | undefined) =>
    ask<Properties>('Runtime.getProperties', { objectId, ownProperties: true })
  const scopes = properties(result.objectId).internalProperties?.find(({ name }) => name === '[[Scopes]]')
  if (!scopes) return
  for (const { value: scope } of properties(scopes.value.objectId).result) {
    if (scope?.description === 'Global' || !scope?.objectId) continue
    yield properties(scope.objectId).result.flatMap(({ name, value }) =>
      value === undefined
        ? []
        : [
            {
              name,
              value: value.objectId ? undefined : (value.value ?? value.unserializableValue ?? null),
              held() {
                if (!value.objectId) return value.value
                ask('Runtime.callFunctionOn', {
                  objectId: value.objectId,
                  functionDeclaration: "function () { globalThis[Symbol.for('zession.check.scope')] = this }",
                })
                const held = target[HOOK]
                delete target[HOOK]
                return held
              },
            },
          ],
    )
  }
}
