import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const appSession = defineSession(
  z.object({ userId: z.number().optional(), theme: z.enum(['light', 'dark']).default('light') }),
  { flash: z.object({ notice: z.string(), errors: z.array(z.string()) }) },
)
const bare = defineSession(z.object({ userId: z.number().optional() }), { name: 'bare' })

/** A handle as JavaScript has it: every method takes anything. */
type Untyped = Record<string, (...given: unknown[]) => unknown> & { readonly flash: Untyped }

const calls: [string, (session: Untyped, key: unknown) => unknown][] = [
  ['get', (s, key) => s['get']?.(key)],
  ['has', (s, key) => s['has']?.(key)],
  ['set', (s, key) => s['set']?.(key, 1)],
  ['update', (s, key) => s['update']?.(key, () => 1)],
  ['mutate', (s, key) => s['mutate']?.(key, () => undefined)],
  ['delete', (s, key) => s['delete']?.(key)],
  ['pull', (s, key) => s['pull']?.(key)],
  ['regenerate', (s, key) => s['regenerate']?.({ keep: [key] })],
]
const assign = ['assign', (s: Untyped, key: unknown) => s['assign']?.({ [String(key)]: 1 })] as const
const flashCalls: typeof calls = [
  ['flash.set', (s, key) => s.flash['set']?.(key, 'x')],
  ['flash.add', (s, key) => s.flash['add']?.(key, 'x')],
  ['flash.now', (s, key) => s.flash['now']?.(key, 'x')],
  ['flash.has', (s, key) => s.flash['has']?.(key)],
  ['flash.peek', (s, key) => s.flash['peek']?.(key)],
  ['flash.take', (s, key) => s.flash['take']?.(key)],
  ['flash.keep', (s, key) => s.flash['keep']?.(key)],
  ['flash.clear', (s, key) => s.flash['clear']?.(key)],
]

async function refusal(
  definition: typeof appSession | typeof bare,
  call: (session: Untyped, key: unknown) => unknown,
  key: unknown,
): Promise<{ readonly code: unknown; readonly message: string }> {
  const client = createTestClient(definition as typeof appSession)
  const { value } = await client.request(async (session) => {
    try {
      await call(session as unknown as Untyped, key)
    } catch (error) {
      return error as { readonly code: unknown; readonly message: string }
    }
    throw new Error('It was not refused.')
  })
  return value
}

describe('a key that the schema does not have is refused with the name that was probably meant', () => {
  it.each([...calls, assign])('in %s', async (_, call) => {
    expect(await refusal(appSession, call, 'usrId')).toMatchObject({
      code: 'ERR_SESSION_UNKNOWN_KEY',
      message: 'Session `session` has no key `usrId`. Did you mean `userId`? Known keys: userId, theme.',
    })
  })

  it.each(flashCalls)('in %s', async (_, call) => {
    expect(await refusal(appSession, call, 'notce')).toMatchObject({
      code: 'ERR_SESSION_UNKNOWN_KEY',
      message: 'The flash of session `session` has no key `notce`. Did you mean `notice`? Known keys: notice, errors.',
    })
  })

  it.each([
    ['another case', 'userid', 'userId'],
    ['an underscore', 'user_id', 'userId'],
    ['two letters swapped', 'tehme', 'theme'],
    ['a name that an object of JavaScript has', '__proto__', undefined],
    ['something else', 'basket', undefined],
    ['nothing', '', undefined],
  ])('with %s', async (_, key, meant) => {
    const { message } = await refusal(appSession, (s) => s['get']?.(key), key)
    expect(/Did you mean `(\w+)`\?/.exec(message)?.[1]).toBe(meant)
    expect(message).toContain('Known keys: userId, theme.')
  })
})

describe('what is no key at all is refused by its shape, and not shown', () => {
  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['a number', 4711, 'a number'],
    ['a symbol', Symbol('4711'), 'a symbol'],
    ['an object', { userId: 4711 }, 'an object'],
    ['an object that has no text', Object.create(null), 'an object'],
    ['an array', ['4711'], 'an array of 1 item'],
    ['a function', () => 4711, 'a function'],
  ])('%s', async (_, key, shape) => {
    // `flash.clear` and `delete`, `has` and so on have no second meaning without a key, but `flash.clear()` has.
    for (const [name, call] of [...calls, ...flashCalls]) {
      if (name === 'flash.clear' && key === undefined) continue
      const { code, message } = await refusal(appSession, call, key)
      expect([name, code]).toEqual([name, 'ERR_SESSION_UNKNOWN_KEY'])
      expect(message).toContain(`takes the name of a key, and got ${shape}.`)
      expect(message).not.toContain('4711')
    }
  })

  it('a text that is too long to be a name is cut', async () => {
    const { message } = await refusal(appSession, (s, key) => s['get']?.(key), `${'secret '.repeat(99)}end`)
    expect(message).not.toContain('end')
    expect(message.length).toBeLessThan(200)
  })
})

it('without a flash schema there is no channel, and the sentence says why', async () => {
  for (const [, call] of flashCalls)
    expect((await refusal(bare, call, 'notice')).message).toBe(
      'The flash of session `bare` has no key `notice`. Known keys: none, because no `flash` schema is given.',
    )
})
