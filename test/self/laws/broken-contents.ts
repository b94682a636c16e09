import type { MemoryStore } from '../../../src/stores/memory.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { type Broken, tick } from './broken.js'

const minute = (at: number) => Math.floor(at / 60_000) * 60_000 - 1

/** A store whose records lie under other names. */
function named(s: MemoryStore, name: (key: string) => string): Partial<MemoryStore> {
  const at = (key: StoreKey) => name(key) as StoreKey
  return {
    read: (key) => s.read(at(key)),
    create: (key, record) => s.create(at(key), record),
    update: (key, ...args) => s.update(at(key), ...args),
    touch: (key, ...args) => s.touch(at(key), ...args),
    destroy: (key, ...args) => s.destroy(at(key), ...args),
  }
}

/** The same for what a store keeps, and under which key. */
export const brokenContents: readonly Broken[] = [
  ['keys ignore case', ['hostile keys are kept apart'], (s) => named(s, (key) => key.toLowerCase())],
  [
    'revisions ignore case',
    ['revisions are compared byte for byte'],
    (s) => ({
      update: async (key, change, expected) => {
        const old = await s.read(key)
        const same = old?.revision.toLowerCase() === expected.toLowerCase()
        return s.update(key, change, old && same ? old.revision : expected)
      },
    }),
  ],
  [
    'reads find an empty record where none is',
    ['nothing is stored under a key that nobody wrote'],
    (s) => ({
      read: async (key) => (await s.read(key)) ?? { bytes: new Uint8Array(), revision: '' as Revision, expiresAt: 0 },
    }),
  ],
  [
    'one place serves all keys',
    ['create stores the record, and nothing under another key', 'hostile keys are kept apart'],
    (s) => named(s, () => 'one'),
  ],
  [
    'keys end at 1 kB',
    ['keys of 10 kB that differ in the last character are kept apart'],
    (s) => named(s, (key) => key.slice(0, 1024)),
  ],
  [
    'keys end at a NUL',
    ['a NUL in a key is a character like any other', 'scan tells keys with a NUL apart'],
    (s) => named(s, (key) => key.split('\0')[0] ?? ''),
  ],
  [
    'records without a subject have an undefined one',
    ['a subject is stored and returned, and absent when none was given'],
    (s) => ({
      read: async (key) => {
        const record = await s.read(key)
        return record && ({ ...record, subject: record.subject } as StoredRecord)
      },
    }),
  ],
  [
    'records are text',
    ['bytes that are no UTF-8 and bytes that look like text come back as they are'],
    (s) => ({
      create: (key, record) =>
        s.create(key, { ...record, bytes: new TextEncoder().encode(new TextDecoder().decode(record.bytes)) }),
    }),
  ],
  [
    'records end at 64 KiB',
    ['records of 0 bytes to 1 MiB come back byte for byte'],
    (s) => ({ create: (key, record) => s.create(key, { ...record, bytes: record.bytes.subarray(0, 65_535) }) }),
  ],
  [
    'the whole buffer behind a window is stored',
    ['a Buffer or a window on a larger buffer is stored as what it shows'],
    (s) => ({ create: (key, record) => s.create(key, { ...record, bytes: new Uint8Array(record.bytes.buffer) }) }),
  ],
  [
    'bytes are copied when their turn comes',
    ['changing the array that was handed in changes nothing stored'],
    (s) => ({
      create: async (key, record) => {
        await tick()
        return s.create(key, record)
      },
    }),
  ],
  [
    'readers share one array',
    ['changing the array that was handed out changes nothing stored'],
    (s) => {
      const shared = new Map<string, Uint8Array>()
      return {
        read: async (key) => {
          const record = await s.read(key)
          if (!record) return undefined
          const bytes = shared.get(record.revision) ?? record.bytes
          shared.set(record.revision, bytes)
          return { ...record, bytes }
        },
      }
    },
  ],
  [
    'deadlines are whole minutes',
    [
      'create stores the record, and nothing under another key',
      "a session ends at its deadline by the reader's own clock, and reading it then changes nothing",
      'whatever two servers with different clocks do with a session, its stored deadline tells what each finds',
    ],
    (s) => ({ create: (key, record) => s.create(key, { ...record, expiresAt: minute(record.expiresAt) }) }),
  ],
]
