import { readFileSync } from 'node:fs'
import * as z from 'zod'
import {
  defineSession,
  generateSecret,
  memoryStore,
  SessionError,
  type SessionHooks,
  typeRegistry,
} from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

// Property names are not hidden: an error has to say where it is. Values are, and what is made from them.

/** Short, because some messages quote only a few characters of what they choke on. */
export const VALUE = 'zQ7vK9'
export const USER = 'uX4wJ8'
export const SECRET = generateSecret()
export const OTHER_SECRET = generateSecret()
export const WEAK_SECRET = `${VALUE}-too-short`

export class Money {
  constructor(readonly text: string) {}
}
const types = typeRegistry().register('Money', Money, { encode: ({ text }) => text, decode: (text) => new Money(text) })

export const schema = z.object({
  userId: z.string().optional(),
  text: z.string().optional(),
  n: z.number().optional(),
  theme: z.enum(['light', 'dark']).optional(),
  list: z.array(z.object({ a: z.number() }).strict()).optional(),
  code: z.string().regex(/^\d+$/).optional(),
  either: z.union([z.number(), z.object({ kind: z.literal('a') })]).optional(),
  any: z.any(),
})
export const flash = z.object({ notice: z.string() })

/** Everything that leaves the library while it runs, except to the client and to the store. */
export const said: { readonly where: string; readonly what: unknown }[] = []
export const codes = new Set<string>()
export const heard = new Set<string>()
export const ids = new Set<string>()
export const keys = new Set<string>()

export const hookNames = [...sourceOf('session/record/hooks.ts').matchAll(/^ {2}(\w+)\?\(\s*event/gm)].map(
  ([, name]) => name as string,
)
export const allCodes = [...sourceOf('core/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(
  ([, code]) => code as string,
)
export const hooks = Object.fromEntries(
  hookNames.map((name) => [
    name,
    (event: unknown) => (heard.add(name), said.push({ where: `hook ${name}`, what: event })),
  ]),
) as SessionHooks

function sourceOf(path: string): string {
  return readFileSync(new URL(`../../../../src/${path}`, import.meta.url), 'utf8')
}

export function setUp<const O extends object>(options: O = {} as O) {
  const clock = fakeClock()
  const store = memoryStore()
  const definition = defineSession(schema, { flash, store, clock, hooks, secrets: SECRET, types, ...options })
  const client = createTestClient(definition)
  const login = () =>
    client.request(async (s) => {
      s.set('userId', USER)
      s.set('text', VALUE)
      await s.save()
      ids.add(String(s.id))
      said.push({ where: 'the handle', what: s }, { where: 'its ref', what: s.ref })
    })
  const records = async () => {
    const all = []
    for await (const each of store.scan('')) all.push(each)
    return all
  }
  return { clock, store, definition, client, login, records }
}

/** Notes what a step throws; that it does not throw is noted by the codes that are missing in the end. */
export async function provoke(where: string, run: () => unknown): Promise<void> {
  try {
    await run()
  } catch (error) {
    note(where, error)
  }
}

export function note(where: string, error: unknown): void {
  if (error instanceof SessionError) codes.add(error.code)
  said.push({ where, what: error })
}
