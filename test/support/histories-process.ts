import { once } from 'node:events'
import type { SessionStore } from '../../src/stores/port.js'
import { guarded } from '../services/process.mjs'
import { jobScript } from './store-process.js'

/** A store as this test sees it that another process has opened: nothing in the memory of one is in that of the other. */
export interface RemoteStore {
  readonly store: SessionStore
  stop(): Promise<void>
}

/** @param kind the name of a module in `zession/stores/`, in the built package */
export async function openRemote({ kind, options }: { kind: string; options: object }): Promise<RemoteStore> {
  const child = guarded(process.execPath, [jobScript, kind, JSON.stringify(options), 'serve'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: unknown) => void }>()
  const dead = () => new Error('The process of the store has ended.')
  const exit = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(dead())
  })
  const died = exit.then(() => Promise.reject(dead()))
  const [{ guarantees, methods }] = (await Promise.race([once(child, 'message'), died])) as [Ready]
  died.catch(() => undefined)
  child.on('message', (message) => {
    const { id, answer, error } = message as Answer
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(answer)
    else call?.reject(error)
  })
  let ids = 0

  function call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const id = ids++
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      child.send({ id, method, args }, (error) => error && reject(error))
    })
  }

  async function* bySubject(subject: string) {
    const id = ids++
    await call('walk', id, subject)
    for (;;) {
      const { done, value } = (await call('next', id)) as IteratorResult<unknown>
      if (done) return
      yield value
    }
  }

  const calls = methods.map((name) => [name, (...args: readonly unknown[]) => call(name, ...args.map(withoutSignal))])
  return {
    store: { guarantees, ...Object.fromEntries(calls), bySubject },
    async stop() {
      child.kill()
      await exit
    },
  }
}

/** A signal cannot be sent. Nothing is so late in these tests that it aborts. */
function withoutSignal(arg: unknown): unknown {
  return typeof arg === 'object' && arg !== null && 'signal' in arg ? undefined : arg
}

interface Ready {
  readonly guarantees: SessionStore['guarantees']
  readonly methods: readonly string[]
}

interface Answer {
  readonly id: number
  readonly answer?: unknown
  readonly error?: unknown
}
