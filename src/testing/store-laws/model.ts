import assert from 'node:assert/strict'
import type { Arbitrary } from 'fast-check'
import {
  isCollectable,
  isMovable,
  isScannable,
  type Revision,
  type SessionStore,
  type StoredRecord,
  type StoreKey,
} from '../../stores/port.js'
import { fc } from '../fast-check.js'
import { assertStored, future, keyOf, type Law, newRevision } from './harness.js'

/** Few keys and few deadlines, so that commands meet each other. Numbers choose among what the run has made so far. */
function commands() {
  const name = fc.constantFrom('a', 'A', 'a%', 'ab')
  const content = fc.uint8Array({ maxLength: 24 })
  const minutes = fc.integer({ min: -5, max: 5 })
  const subject = fc.option(fc.constantFrom('ann', 'bob'), { nil: undefined })
  // Mostly the right revision: wrong ones are dull after the first.
  const wanted = fc.constantFrom('current', 'current', 'current', 'earlier', 'unknown')

  return fc.oneof(
    fc.record({ call: fc.constant('read'), name }),
    fc.record({ call: fc.constant('create'), name, content, minutes, subject }),
    fc.record({
      call: fc.constant('update'),
      name,
      content,
      minutes: fc.oneof(minutes, fc.constant('keep')),
      subject,
      wanted,
    }),
    fc.record({ call: fc.constant('touch'), name, minutes, wanted }),
    fc.record({ call: fc.constant('destroy'), name, wanted: fc.oneof(wanted, fc.constant('any')) }),
    fc.record({ call: fc.constant('move'), name, to: name, content, minutes, subject, wanted }),
    fc.record({ call: fc.constant('collect'), minutes }),
    fc.record({ call: fc.constant('scan'), prefix: name }),
  )
}
type Command = ReturnType<typeof commands> extends Arbitrary<infer T> ? T : never

export const modelLaws = {
  'any sequence of calls gets the answers of a plain Map': async ({ store }) => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(commands(), { minLength: 5, maxLength: 40 }), async (commands) => {
        const world = newWorld(store, `model:${run++}:`)
        for (const next of commands)
          assert.deepEqual(await perform(world, next), expect(world, next), JSON.stringify(next))
        for (const key of world.keys) {
          await assertStored(store, key, world.model.get(key))
          await store.destroy(key)
        }
      }),
      { numRuns: 100 },
    )
  },
} satisfies Record<string, Law>

function newWorld(store: SessionStore, prefix: string) {
  return {
    store,
    prefix,
    keys: ['a', 'A', 'a%', 'ab'].map((text) => keyOf(prefix + text)),
    model: new Map<StoreKey, StoredRecord>(),
    revisions: new Map<StoreKey, Revision[]>(),
    /** The record that the command under way writes: made once, given to the store and to the model. */
    written: undefined as StoredRecord | undefined,
    expected: undefined as Revision | undefined,
  }
}
type World = ReturnType<typeof newWorld>

const deadline = (minutes: number) => future + minutes * 60_000

/** Asks the store. Whatever it answers, and every change, must then be what the model says. */
async function perform(world: World, command: Command): Promise<unknown> {
  const { store, prefix } = world
  prepare(world, command)
  const written = world.written ?? { bytes: new Uint8Array(), revision: newRevision(), expiresAt: future }
  const expected = world.expected ?? newRevision()
  switch (command.call) {
    case 'collect':
      return isCollectable(store) ? store.collectGarbage(deadline(command.minutes), 1000) : undefined
    case 'scan':
      return isScannable(store) ? scannedKeys(store.scan(prefix + command.prefix)) : undefined
  }
  const key = keyOf(prefix + command.name)
  switch (command.call) {
    case 'read':
      return (await store.read(key))?.revision
    case 'create':
      return store.create(key, written)
    case 'update':
      return store.update(key, command.minutes === 'keep' ? { ...written, expiresAt: 'keep' } : written, expected)
    case 'touch':
      return store.touch(key, deadline(command.minutes), expected)
    case 'destroy':
      return command.wanted === 'any' ? store.destroy(key) : store.destroy(key, expected)
    case 'move':
      return isMovable(store) ? store.move(key, keyOf(prefix + command.to), written, expected) : undefined
  }
}

/** The contract once more, as plainly as it can be said. */
function expect(world: World, command: Command): unknown {
  const { store, prefix, model, written } = world
  if (command.call === 'collect') {
    if (!isCollectable(store)) return undefined
    const expired = [...model].filter(([, record]) => record.expiresAt <= deadline(command.minutes))
    for (const [key] of expired) model.delete(key)
    return expired.length
  }
  if (command.call === 'scan') {
    return isScannable(store)
      ? [...model.keys()].filter((key) => key.startsWith(prefix + command.prefix)).toSorted()
      : undefined
  }
  const key = keyOf(prefix + command.name)
  const old = model.get(key)
  if (command.call === 'read') return old?.revision
  if (command.call === 'create') {
    if (old) return 'exists'
    if (written) model.set(key, written)
    return 'ok'
  }
  if (command.call === 'move' && !isMovable(store)) return undefined
  if (!old) return 'gone'
  const any = command.call === 'destroy' && command.wanted === 'any'
  if (!any && old.revision !== world.expected) return command.call === 'touch' ? 'stale' : 'conflict'
  if (command.call === 'destroy') model.delete(key)
  if (command.call === 'touch') model.set(key, { ...old, expiresAt: deadline(command.minutes) })
  if (command.call === 'update' && written) {
    model.set(key, command.minutes === 'keep' ? { ...written, expiresAt: old.expiresAt } : written)
  }
  if (command.call === 'move' && written) {
    if (model.has(keyOf(prefix + command.to))) return 'conflict'
    model.delete(key)
    model.set(keyOf(prefix + command.to), written)
  }
  return 'ok'
}

function prepare(world: World, command: Command): void {
  const key = 'name' in command ? keyOf(world.prefix + command.name) : undefined
  const past = (key && world.revisions.get(key)) ?? []
  const choice = 'wanted' in command ? command.wanted : undefined
  const revision =
    choice === 'current' ? key && world.model.get(key)?.revision : choice === 'earlier' ? past.at(-2) : undefined
  world.expected = revision ?? newRevision()
  world.written = undefined
  if (!('content' in command)) return
  const record = {
    bytes: Uint8Array.from(command.content),
    revision: newRevision(),
    expiresAt: command.minutes === 'keep' ? future : deadline(command.minutes),
  }
  world.written = command.subject === undefined ? record : { ...record, subject: command.subject }
  if (key) world.revisions.set(key, [...past, record.revision])
}

async function scannedKeys(found: AsyncIterable<{ readonly key: StoreKey }>): Promise<StoreKey[]> {
  const keys: StoreKey[] = []
  for await (const { key } of found) keys.push(key)
  return keys.toSorted()
}
