import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker.mjs'
import { isSuspicious } from '../../chaos/law-leaks.mjs'
import { printViolation, shrink } from '../../chaos/print.mjs'
import { history, sawNothing } from './histories.js'

describe('what servers print', () => {
  const id = 'iD_'.repeat(15).slice(0, 43)
  const told = history({ op: 'add', sent: null, at: [2, 3], report: sawNothing, cookie: `${id}.${'t'.repeat(22)}` })
  const leaks = (...printed: string[]) => {
    const kept = printed.filter((line) => isSuspicious(line, ['canary']))
    return check({ ...told, printed: kept, canaries: ['canary'] }).violations.filter(({ law }) => law === 'leak')
  }

  it.each([
    ['an id', `session ${id} is gone`],
    ['an id within other text', `key=user_${id}-9`],
    ['a value', '{ data: canary }'],
    [
      'the bytes of a value',
      `<Buffer 01 02 ${Buffer.from('00000canary00000')
        .toString('hex')
        .replaceAll(/..(?=.)/g, '$& ')}>`,
    ],
  ])('must not hold %s', (_, line) => {
    const [found] = leaks('harmless', line)
    expect(found?.law).toBe('leak')
    expect(found?.what).not.toContain(id)
  })

  it('may hold refs, hashes and text', () => {
    expect(leaks('loaded {"session":"strict","ref":"AbCdEfGh"}', `${'h'.repeat(43)}`)).toEqual([])
  })
})

describe('a violation is printed', () => {
  const noisy = history(
    { op: 'read', at: [2, 3] },
    { op: 'add', at: [4, 5] },
    { op: 'read', sent: null, at: [4, 5], report: sawNothing },
    { op: 'read', at: [6, 7] },
  )

  it('with the requests that matter alone, and without ids', () => {
    const [violation] = check(noisy).violations
    if (!violation) expect.unreachable()
    expect(shrink(noisy, violation).entries.map(({ n }) => n)).toEqual([0, 2, 4])
    const text = printViolation(noisy, violation)
    expect(text).toMatch(/^law 9: increment 2 is lost \(see #2, #4\)\n {2}#0 /)
    expect(text).not.toContain('sent A')
  })
})
