import type { StoreKey } from '../../../src/stores/port.js'
import { type Broken, tick } from './broken.js'

/** The same for when a record ends: `touch` and `destroy`. */
export const brokenEnds: readonly Broken[] = [
  [
    'touch changes the revision',
    ['touch moves the deadline, either way, and nothing else'],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const old = await s.read(key)
        if (!old) return 'gone'
        const revision = `${old.revision}+` as typeof old.revision
        return (await s.update(key, { ...old, expiresAt, revision }, seen)) === 'ok' ? 'ok' : 'stale'
      },
    }),
  ],
  [
    'touch inserts',
    [
      'touch never inserts: gone, and still nothing there',
      'what a server whose clock is ahead destroyed or collected, one whose clock is behind does not bring back',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const answer = await s.touch(key, expiresAt, seen)
        if (answer === 'gone') await s.create(key, { bytes: new Uint8Array(), revision: seen, expiresAt })
        return answer
      },
    }),
  ],
  [
    'touch writes back what it read',
    ['no update or touch in flight brings a destroyed record back'],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const old = await s.read(key)
        if (!old) return 'gone'
        if (old.revision !== seen) return 'stale'
        await tick()
        await s.destroy(key)
        await s.create(key, { ...old, expiresAt })
        return 'ok'
      },
    }),
  ],
  [
    'touch of a record that moved on moves its deadline',
    ['touch of a record that moved on answers stale and changes nothing'],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const answer = await s.touch(key, expiresAt, seen)
        if (answer === 'stale') await s.touch(key, expiresAt, (await s.read(key))?.revision ?? seen)
        return answer
      },
    }),
  ],
  [
    'destroy ignores the revision',
    ['destroy with a revision removes that revision alone'],
    (s) => ({ destroy: (key) => s.destroy(key) }),
  ],
  [
    'destroy hides a record instead of removing it',
    ['a destroyed key can be created anew, and the old revision stays dead'],
    (s) => {
      const hidden = new Set<StoreKey>()
      return {
        read: async (key) => (hidden.has(key) ? undefined : s.read(key)),
        destroy: async (key, expected) => {
          const old = hidden.has(key) ? undefined : await s.read(key)
          if (!old) return 'gone'
          if (expected !== undefined && old.revision !== expected) return 'conflict'
          hidden.add(key)
          return 'ok'
        },
        update: async (key, ...args) => (hidden.has(key) ? 'gone' : s.update(key, ...args)),
      }
    },
  ],
  [
    'destroy empties the store',
    ['destroy removes the record, and nothing under another key'],
    (s) => ({
      destroy: async (key, expected) => {
        const answer = await s.destroy(key, expected)
        if (answer === 'ok') for await (const found of s.scan('')) await s.destroy(found.key)
        return answer
      },
    }),
  ],
  [
    'destroy of nothing answers ok',
    ['destroy of nothing answers gone, with and without a revision'],
    (s) => ({
      destroy: async (...args) => {
        const answer = await s.destroy(...args)
        return answer === 'gone' ? 'ok' : answer
      },
    }),
  ],
  [
    'touch moves the deadline too far',
    [
      'touch moves the deadline, either way, and nothing else',
      'a touch by a server whose clock is behind moves no deadline back, and none passes the absolute one',
      'whatever two servers with different clocks do with a session, its stored deadline tells what each finds',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({ touch: (key, expiresAt, seen) => s.touch(key, expiresAt + 3_600_000, seen) }),
  ],
  [
    'touch never moves a deadline back',
    [
      'touch moves the deadline, either way, and nothing else',
      'collectGarbage goes by the deadline of the last touch or update',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      touch: async (key, expiresAt, seen) =>
        s.touch(key, Math.max(expiresAt, (await s.read(key))?.expiresAt ?? 0), seen),
      collectGarbage: (now, limit) => s.collectGarbage(now - 60_000, limit),
    }),
  ],
]
