import { describe, expect, it } from 'vitest'
import { connectionPool } from '../../../src/stores/sql/pool.js'

/** Connections that do as the test says. */
function fakes(limit: number, ready: () => Promise<number> = async () => 0) {
  const made: { open: boolean; ended: boolean; lost: () => void }[] = []
  const pool = connectionPool<number>({
    limit,
    open(lost) {
      const one = { open: true, ended: false, lost }
      const number = made.push(one)
      const close = () => {
        if (!one.open) return
        one.open = false
        setImmediate(lost)
      }
      const end = () => {
        one.ended = true
        close()
      }
      return { ready: ready().then(() => number), isOpen: () => one.open, end, destroy: close }
    },
  })
  return { pool, made }
}

const never = () => new Promise<never>(() => {})
const soon = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('a pool of connections that can be given up', () => {
  it.each([
    ['fatal, as the driver says', Object.assign(new Error('lost'), { fatal: true })],
    ['that closes the connection', new Error('lost')],
  ])('serves those who wait after a failure %s', async (what, failure) => {
    const { pool, made } = fakes(1)
    const failing = pool.use(undefined, async () => {
      await soon()
      const [first] = made
      if (first && what.startsWith('that')) first.open = false
      throw failure
    })
    const waiting = [1, 2].map(() => pool.use(undefined, async (connection) => connection))
    await expect(failing).rejects.toBe(failure)
    expect(await Promise.all(waiting)).toEqual([2, 2])
    expect(made.length).toBe(2)
  })

  it('keeps a connection after a failure of a statement, and opens no more than its limit', async () => {
    const { pool, made } = fakes(2)
    await expect(pool.use(undefined, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    let [busy, most] = [0, 0]
    const one = async () => {
      most = Math.max(most, ++busy)
      await soon()
      busy--
    }
    await Promise.all([...Array(9).keys()].map(() => pool.use(undefined, one)))
    expect([most, made.length]).toEqual([2, 2])
  })

  it('fails a call whose connection closes, although its driver says nothing, and the one that waits goes on', async () => {
    const { pool, made } = fakes(1)
    const stuck = pool.use(undefined, never)
    const waiting = pool.use(undefined, async (connection) => connection)
    await soon()
    made[0]?.lost()
    await expect(stuck).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(await waiting).toBe(2)
  })

  it('gives up the connection of an aborted call; a younger call lives', async () => {
    const { pool, made } = fakes(2)
    const controller = new AbortController()
    const stuck = pool.use(controller.signal, never)
    await soon()
    const young = pool.use(undefined, async (connection) => {
      await soon()
      await soon()
      return connection
    })
    await soon()
    controller.abort(new Error('late'))
    await expect(stuck).rejects.toThrow('late')
    expect(await young).toBe(2)
    expect(made.map(({ open }) => open)).toEqual([false, true])
  })

  it('gives up an opening that an aborted call waited for', async () => {
    let ready = never as () => Promise<number>
    const { pool, made } = fakes(1, () => ready())
    const controller = new AbortController()
    const opening = pool.use(controller.signal, async () => 0)
    await soon()
    controller.abort(new Error('late'))
    await expect(opening).rejects.toThrow('late')
    ready = async () => 0
    expect(await pool.use(undefined, async (connection) => connection)).toBe(2)
    expect(made.map(({ open }) => open)).toEqual([false, true])
  })

  it('drops idle connections that are older than an aborted call, and never begins one that is aborted', async () => {
    const { pool, made } = fakes(2)
    await Promise.all([1, 2].map(() => pool.use(undefined, soon)))
    const controller = new AbortController()
    const begun: number[] = []
    const calls = [1, 2, 3].map((n) =>
      pool.use(controller.signal, () => {
        begun.push(n)
        return never()
      }),
    )
    await soon()
    controller.abort(new Error('late'))
    for (const call of calls) await expect(call).rejects.toThrow('late')
    await expect(pool.use(controller.signal, async () => begun.push(9))).rejects.toThrow('late')
    expect(begun).toEqual([1, 2])
    expect(made.every(({ open }) => !open)).toBe(true)
    expect(await pool.use(undefined, async (connection) => connection)).toBe(3)
  })

  it('answers one call with each failed opening, and closes with a goodbye', async () => {
    let failing = true
    const { pool, made } = fakes(1, async () => {
      if (failing) throw new Error('no server')
      return 0
    })
    const calls = [1, 2].map(() => pool.use(undefined, async () => 'ok'))
    for (const call of calls) await expect(call).rejects.toThrow('no server')
    failing = false
    expect(await pool.use(undefined, async () => 'ok')).toBe('ok')
    await pool.close()
    expect(made.at(-1)).toMatchObject({ open: false, ended: true })
    await expect(pool.use(undefined, async () => 'ok')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
  })
})
