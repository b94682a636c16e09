import { describe, expect, it } from 'vitest'
import { SessionConfigError } from '../../../../src/core/errors.js'
import type { AnyRule } from '../../../../src/core/options/rule.js'
import { probes } from './row.js'
import { tables } from './table.js'

/** Every option of a rule, those of the objects in it too. */
function optionsOf(rule: AnyRule, above = ''): [path: string, rule: AnyRule][] {
  return Object.entries(rule.parts?.rules ?? {}).flatMap(([name, part]) => [
    [above + name, part],
    ...optionsOf(part, `${above}${name}.`),
  ])
}

/** Options with one of them, which may lie in an object. */
function withOption(base: object, path: string, value: unknown, beside: object = {}): object {
  const [first = '', second] = path.split('.')
  const inner = second === undefined ? value : { ...(first === 'cookie' ? beside : {}), [second]: value }
  return { ...base, ...(first === 'cookie' ? {} : beside), [first]: inner }
}

async function refusal(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(SessionConfigError)
    return (error as Error).message
  }
  return 'accepted'
}

describe.each(tables)('every option of $owner', ({ owner, rule, base = {}, call, rows }) => {
  const options = optionsOf(rule)

  it('has a row here', () => {
    expect(options.map(([path]) => path).toSorted()).toEqual(Object.keys(rows).toSorted())
  })

  it.each(options)('%s takes what is right, and undefined is as if left out', async (path) => {
    const { right = [], beside } = rows[path] ?? {}
    expect(right.length).toBeGreaterThan(0)
    for (const value of right) {
      const message = await refusal(() => call(withOption(base, path, value, beside)))
      // Settings that do not go together are another matter: one option is checked here.
      if (message !== 'accepted') expect(message).not.toContain(`\`${path}\` of ${owner} is`)
    }
  })

  it.each(options)(
    '%s of a wrong kind: the message has option, shape and what is allowed, and no value',
    async (path, part) => {
      const { takes = [] } = rows[path] ?? {}
      const wrong = Object.entries(probes).filter(([kind]) => !(takes as readonly string[]).includes(kind))
      expect(wrong.length).toBeGreaterThan(8)
      for (const [kind, value] of wrong) {
        const message = await refusal(() => call(withOption(base, path, value)))
        expect(message, kind).toContain(
          `\`${path}\` of ${path === 'name' && owner.startsWith('session') ? 'a session' : owner} is `,
        )
        expect(message, kind).toContain(`; it is ${part.allowed}`)
        expect(message, kind).not.toContain('canary')
      }
    },
  )

  it.each(options)('%s of a wrong value', async (path) => {
    for (const value of rows[path]?.wrong ?? []) {
      const message = await refusal(() => call(withOption(base, path, value)))
      expect(message).toMatch(/; it is /)
      expect(message).toContain(`\`${path}`)
      expect(message).not.toContain('canary')
    }
  })

  it.each(options)('%s misspelt: the message has the right name', async (path) => {
    const name = path.split('.').at(-1) ?? ''
    const above = path.slice(0, path.length - name.length)
    for (const misspelt of [`${name}x`, `on${name[0]?.toUpperCase()}${name.slice(1)}`]) {
      const message = await refusal(() => call(withOption(base, above + misspelt, undefined)))
      expect(message).toContain(`\`${above}${misspelt}\` is no option of ${owner}. Did you mean \`${name}\`?`)
    }
  })

  it.each(['x', 5, true, null, [], new Map(), () => ({})])(
    'takes no %o in the place of all options',
    async (options) => {
      const message = await refusal(() => call(options))
      expect(message).toContain('; it is an object')
    },
  )
})
