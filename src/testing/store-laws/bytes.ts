import assert from 'node:assert/strict'
import type { Revision } from '../../stores/port.js'
import { assertStored, bytesOf, future, keyOf, type Law, recordOf } from './harness.js'

const key = keyOf('bytes:a')

/** What is written is what is read, under exactly the key that was given. */
export const byteLaws = {
  'records of 0 bytes to 1 MiB come back byte for byte': async ({ store }) => {
    for (const size of [0, 1, 255, 4096, 65_535, 65_536, 1024 * 1024]) {
      const place = keyOf(`bytes:size:${size}`)
      const created = recordOf(noise(size, 1))
      await store.create(place, created)
      await assertStored(store, place, created)
      const updated = recordOf(noise(size, 7))
      assert.equal(await store.update(place, updated, created.revision), 'ok')
      await assertStored(store, place, updated)
    }
  },
  'bytes that are no UTF-8 and bytes that look like text come back as they are': async ({ store }) => {
    const contents = [
      [0],
      [0xff, 0xfe, 0],
      [0x80, 0xc0, 0xed, 0xa0, 0x80],
      [...bytesOf('null')],
      [...bytesOf('"\\"\r\n')],
    ]
    for (const [i, content] of contents.entries()) {
      const record = recordOf(Uint8Array.from(content))
      await store.create(keyOf(`bytes:odd:${i}`), record)
      await assertStored(store, keyOf(`bytes:odd:${i}`), record)
    }
  },
  'a Buffer or a window on a larger buffer is stored as what it shows': async ({ store }) => {
    const large = noise(1000, 3)
    const old = recordOf(large.subarray(100, 110))
    await store.create(key, old)
    await assertStored(store, key, { ...old, bytes: large.slice(100, 110) })
    const next = recordOf(Buffer.from('hello'))
    await store.update(key, next, old.revision)
    await assertStored(store, key, { ...next, bytes: bytesOf('hello') })
  },
  'changing the array that was handed in changes nothing stored': async ({ store }) => {
    const mine = noise(100, 1)
    const created = recordOf(mine)
    // At once, not after the answer: the store must have taken its copy when the call returns.
    const creating = store.create(key, created)
    mine.fill(0)
    await creating
    await assertStored(store, key, { ...created, bytes: noise(100, 1) })
    const yours = noise(100, 2)
    const updated = recordOf(yours)
    const updating = store.update(key, updated, created.revision)
    yours.fill(0)
    await updating
    await assertStored(store, key, { ...updated, bytes: noise(100, 2) })
    yours.fill(9)
    await assertStored(store, key, { ...updated, bytes: noise(100, 2) })
  },
  'changing the array that was handed out changes nothing stored': async ({ store }) => {
    const record = recordOf(noise(100, 1))
    await store.create(key, record)
    const read = await store.read(key)
    read?.bytes.fill(0)
    await assertStored(store, key, { ...record, bytes: noise(100, 1) })
    assert.equal(await store.touch(key, future + 1, record.revision), 'ok')
    await assertStored(store, key, { ...record, bytes: noise(100, 1), expiresAt: future + 1 })
  },
  'hostile keys are kept apart': async ({ store }) => {
    const hostile = [
      ['k', 'K', 'ß', 'SS', 'k ', ' k', 'k\n', '*', 'k*', '?', '[k]', '%', '_', 'k%', '\\', '\\%', '/', '.', '..'],
      ['../x', '../../etc/passwd', 'a/b', 'a//b', 'C:\\x', '$where', '$gt', 'a.b', '__proto__', 'constructor', 'null'],
      ["'", "''", "' or 1=1 --", '"', '""', '`', ';', '{k}', '{}', '0', '00', '0x0', '1e1', '10', ' 10', '\u{1f36a}'],
      ['é', 'e\u0301', '\ufeffk', 'k\u200d', '\u{10ffff}', '\ud7ff', '\ue000'],
    ].flat()
    await keptApart(store, hostile.map(keyOf))
  },
  'keys of 10 kB that differ in the last character are kept apart': ({ store }) =>
    keptApart(
      store,
      ['x', 'y', ''].map((end) => keyOf('x'.repeat(10_239) + end)),
    ),
  'a NUL in a key is a character like any other': ({ store }) =>
    keptApart(store, ['n', 'n\0', 'n\0a', 'n\0b', '\0', '\0\0'].map(keyOf)),
  'revisions are compared byte for byte': async ({ store }) => {
    const record = recordOf('one', { revision: 'abC%' as Revision })
    await store.create(key, record)
    for (const near of ['abc%', 'ABC%', 'abC', 'abC_', 'abC% ', '%', '']) {
      const expected = near as Revision
      assert.equal(await store.update(key, recordOf('two'), expected), 'conflict', near)
      assert.equal(await store.touch(key, future + 1, expected), 'stale', near)
      assert.equal(await store.destroy(key, expected), 'conflict', near)
    }
    await assertStored(store, key, record)
  },
} satisfies Record<string, Law>

async function keptApart(store: Parameters<Law>[0]['store'], keys: ReturnType<typeof keyOf>[]) {
  const records = keys.map((text, i) => recordOf(`${i}`))
  for (const [i, name] of keys.entries()) assert.equal(await store.create(name, at(records, i)), 'ok', `key ${i}`)
  for (const [i, name] of keys.entries()) await assertStored(store, name, at(records, i))
  for (const [i, name] of keys.entries()) {
    assert.equal(await store.destroy(name), 'ok', `key ${i}`)
    await assertStored(store, name, undefined)
    const next = keys[i + 1]
    if (next !== undefined) await assertStored(store, next, at(records, i + 1))
  }
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i]
  assert.ok(item !== undefined)
  return item
}

/** `size` bytes that look random, the same for the same `seed`. */
function noise(size: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length: size }, () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) >> 16)
}
