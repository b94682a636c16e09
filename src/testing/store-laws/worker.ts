// One of the processes of a law: `node worker.js <module> <arguments of openStore> <job>`, with a channel to its parent.
import { once } from 'node:events'
import type { SessionStore, StoreKey } from '../../stores/port.js'
import { createTestClient } from '../test-client.js'
import { bytesOf, newRevision } from './harness.js'
import { observed, sessionsOver } from './sessions.js'

/** What a process does, so many times. */
export type Job =
  | { readonly kind: 'increment'; readonly key: StoreKey; readonly times: number }
  | { readonly kind: 'take'; readonly cookie: string; readonly now: number; readonly times: number }

/** What it tells its parent. `result`: how often an increment lost a race, how many takes got the flash. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: number }
  | { readonly kind: 'failed'; readonly text: string }

type OpenStore = (...args: string[]) => SessionStore | Promise<SessionStore>

const [module = '', args = '[]', job = ''] = process.argv.slice(2)
const go = once(process, 'message')
// Whoever started it has ended.
process.once('disconnect', () => process.exit())

try {
  const { openStore } = (await import(module)) as { openStore: OpenStore }
  const store = await openStore(...(JSON.parse(args) as string[]))
  const result = await run(store, JSON.parse(job) as Job)
  await store.close?.()
  tell({ kind: 'done', result })
} catch (error) {
  tell({ kind: 'failed', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

function tell(message: Message): void {
  process.send?.(message)
}

function run(store: SessionStore, todo: Job): Promise<number> {
  return todo.kind === 'increment' ? increment(store, todo) : take(store, todo)
}

async function increment(store: SessionStore, { key, times }: Job & { kind: 'increment' }): Promise<number> {
  let conflicts = 0
  let record = await store.read(key)
  tell({ kind: 'ready' })
  await go
  for (let done = 0; done < times; record = await store.read(key)) {
    if (!record) throw new Error('The counter is gone.')
    const bytes = bytesOf(String(Number(new TextDecoder().decode(record.bytes)) + 1))
    const answer = await store.update(key, { bytes, revision: newRevision(), expiresAt: 'keep' }, record.revision)
    if (answer === 'gone') throw new Error('The counter is gone.')
    if (answer === 'ok') done++
    else conflicts++
  }
  return conflicts
}

async function take(store: SessionStore, { cookie, now, times }: Job & { kind: 'take' }): Promise<number> {
  const sessions = sessionsOver(observed(store).store, () => now)
  let loaded = 0
  let taken = 0
  const request = () =>
    createTestClient(sessions).request(
      async (session) => {
        if (!session.flash.has('note')) throw new Error('The flash does not wait.')
        loaded++
        if (loaded === times) tell({ kind: 'ready' })
        await go
        if ((await session.flash.take('note')) !== undefined) taken++
      },
      { cookie },
    )
  await Promise.all(Array.from({ length: times }, request))
  return taken
}
