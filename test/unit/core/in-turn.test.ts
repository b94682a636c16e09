import { describe, expect, it } from 'vitest'
import { inTurn, inTurnByKey } from '../../../src/core/in-turn.js'

/** A call that ends when it is told to. */
function held(log: string[], name: string) {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const run = async () => {
    log.push(`${name} begins`)
    await ended
    log.push(`${name} ends`)
    return name
  }
  return { run, end }
}

describe('calls that run one after another', () => {
  it('begins the first at once, and each other when the one before has ended', async () => {
    const log: string[] = []
    const run = inTurn()
    const [a, b] = [held(log, 'a'), held(log, 'b')]
    const results = [run(a.run), run(b.run)]
    expect(log).toEqual(['a begins'])
    b.end()
    a.end()
    expect(await Promise.all(results)).toEqual(['a', 'b'])
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no')
      },
    ],
  ])('goes on after one that %s, which its own caller alone hears of', async (_, failing) => {
    const run = inTurn()
    const [first, second] = [run(failing), run(async () => 'yes')]
    await expect(first).rejects.toThrow('no')
    expect(await second).toBe('yes')
    await expect(run(failing)).rejects.toThrow('no')
  })

  it('does not let calls about one key wait for those about another', async () => {
    const log: string[] = []
    const run = inTurnByKey<string>()
    const [a, b] = [held(log, 'a'), held(log, 'b')]
    const first = run('x', a.run)
    const second = run('y', b.run)
    b.end()
    expect(await second).toBe('b')
    a.end()
    expect(await first).toBe('a')
    expect(log).toEqual(['a begins', 'b begins', 'b ends', 'a ends'])
  })
})
