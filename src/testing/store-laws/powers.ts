import assert from 'node:assert/strict'
import { hasSubjectIndex, isMovable, isScannable, type SessionStore, type StoreKey } from '../../stores/port.js'
import { assertSameBytes, assertStored, future, keyOf, type Law, needed, newRevision, recordOf } from './harness.js'

const from = keyOf('power:from')
const to = keyOf('power:to')

/** What the optional powers promise. */
export const powerLaws = {
  'move gives the record its new key and contents, and the old key is gone at once': async ({ store }) => {
    const movable = needed(isMovable(store) && store, 'the power Movable')
    const old = recordOf('one', { subject: 'ann' })
    await store.create(from, old)
    const next = recordOf('two', { expiresAt: future + 5000, subject: 'bob' })
    assert.equal(await movable.move(from, to, next, old.revision), 'ok')
    await assertStored(store, from, undefined)
    await assertStored(store, to, next)
    assert.equal(await store.update(from, recordOf('late'), old.revision), 'gone')
    assert.equal(await store.touch(from, future, old.revision), 'gone')
    await assertStored(store, keyOf(`${to} `), undefined)
  },
  'move with another revision, or onto a taken key, answers conflict and changes nothing': async ({ store }) => {
    const movable = needed(isMovable(store) && store, 'the power Movable')
    const mine = recordOf('mine')
    const yours = recordOf('yours')
    await store.create(from, mine)
    assert.equal(await movable.move(from, to, recordOf('new'), newRevision()), 'conflict')
    await assertStored(store, to, undefined)
    await store.create(to, yours)
    assert.equal(await movable.move(from, to, recordOf('new'), mine.revision), 'conflict')
    await assertStored(store, from, mine)
    await assertStored(store, to, yours)
  },
  'move of nothing answers gone and creates nothing': async ({ store }) => {
    const movable = needed(isMovable(store) && store, 'the power Movable')
    assert.equal(await movable.move(from, to, recordOf('new'), newRevision()), 'gone')
    await assertStored(store, to, undefined)
  },
  'of parallel moves and updates of one record exactly one is ok': ({ store }) => oneMoveWins(store, store),
  'scan meets every record of its prefix once, and none of another': async ({ store }) => {
    // As a prefix, % and _ are themselves, and case counts; 250 records make every store turn a page.
    const prefixes = ['s:', 's', 'S:', '%', '_', 's%', 's_', '*', '\\', '', 'é', '\u{10ffff}']
    const keys = [...Array(250).keys()].map((i) => `s:${i}`)
    keys.push(
      's',
      's;',
      'S:1',
      '%',
      '%a',
      '_',
      '_a',
      's%',
      's%a',
      's_a',
      'sxa',
      '*a',
      '\\%',
      '\\',
      'é',
      'éa',
      '\u{10ffff}a',
    )
    const records = new Map(keys.map((key, i) => [key, recordOf(`${i}`, i % 2 ? { subject: `${i}` } : {})]))
    for (const [key, record] of records) await store.create(keyOf(key), record)
    for (const prefix of prefixes) {
      const expected = keys.filter((key) => key.startsWith(prefix))
      assert.deepEqual((await scanned(store, prefix)).toSorted(), expected.toSorted(), `prefix ${prefix}`)
    }
    for await (const { key, record } of needed(isScannable(store) && store, 'the power Scannable').scan('s')) {
      const { bytes, ...rest } = record
      const { bytes: written, ...expected } = records.get(key) ?? assert.fail('a key that was written')
      assert.deepEqual(rest, expected)
      assertSameBytes(bytes, written)
    }
  },
  'scan tells keys with a NUL apart': async ({ store }) => {
    const keys = [...Array(250).keys()].map((i) => `n\0${String(i).padStart(3, '0')}`)
    for (const key of keys) await store.create(keyOf(key), recordOf(key))
    assert.deepEqual((await scanned(store, 'n')).toSorted(), keys)
    assert.deepEqual((await scanned(store, 'n\0')).toSorted(), keys)
  },
  'scan meets each stable record once while others are read, written and destroyed': async ({ store }) => {
    const name = (i: number) => keyOf(`w:${String(i).padStart(3, '0')}`)
    for (let i = 0; i < 250; i++) await store.create(name(i), recordOf(`${i}`))
    const seen: string[] = []
    let step = 0
    for await (const { key } of needed(isScannable(store) && store, 'the power Scannable').scan('w:')) {
      seen.push(key)
      await store.read(key)
      await store.create(keyOf(`w:new:${step}`), recordOf('new'))
      // Destroys every fifth record, some before and some after the scan comes by.
      if (step < 50) await store.destroy(name(step * 5))
      step++
    }
    const stable = [...Array(250).keys()].filter((i) => i % 5 !== 0).map(name)
    assert.deepEqual(
      stable.filter((key) => seen.filter((other) => other === key).length !== 1),
      [],
    )
    assert.equal(new Set(seen).size, seen.length)
  },
  'bySubject meets every record of its subject once, and none of another': async ({ store }) => {
    const records = new Map([...Array(250).keys()].map((i) => [`i:${i}`, recordOf(`${i}`, { subject: 'n:ann' })]))
    for (const [key, record] of records) await store.create(keyOf(key), record)
    // A database that compares text as people do would mix these up.
    for (const subject of ['n:Ann', 'n:ann ', 'n:an', 'n:anne', '*', '%', '_:ann'])
      await store.create(keyOf(`other:${subject}`), recordOf('other', { subject }))
    await store.create(keyOf('nobody'), recordOf('nobody'))
    assert.deepEqual((await ofSubject(store, 'n:ann')).toSorted(), [...records.keys()].toSorted())
    for (const subject of ['n:Ann', '*', '%']) assert.deepEqual(await ofSubject(store, subject), [`other:${subject}`])
    assert.deepEqual(await ofSubject(store, 'unknown'), [])
    for await (const { key, record } of needed(hasSubjectIndex(store) && store, 'the power SubjectIndex').bySubject(
      'n:ann',
    )) {
      const { bytes, ...rest } = record
      const { bytes: written, ...expected } = records.get(key) ?? assert.fail('a key that was written')
      assert.deepEqual(rest, expected)
      assertSameBytes(bytes, written)
    }
  },
  'bySubject follows update, move and destroy': async ({ store }) => {
    const first = recordOf('one', { subject: 'ann' })
    await store.create(from, first)
    const second = recordOf('two', { subject: 'bob', expiresAt: future })
    assert.equal(await store.update(from, second, first.revision), 'ok')
    assert.deepEqual([await ofSubject(store, 'ann'), await ofSubject(store, 'bob')], [[], [from]])
    const third = recordOf('three')
    assert.equal(await store.update(from, third, second.revision), 'ok')
    assert.deepEqual(await ofSubject(store, 'bob'), [])
    const fourth = recordOf('four', { subject: 'ann' })
    assert.equal(await store.update(from, fourth, third.revision), 'ok')
    assert.deepEqual(await ofSubject(store, 'ann'), [from])
    const fifth = recordOf('five', { subject: 'cid' })
    assert.equal(await store.update(from, recordOf('lost', { subject: 'eve' }), newRevision()), 'conflict')
    if (isMovable(store)) {
      assert.equal(await store.move(from, to, fifth, fourth.revision), 'ok')
      assert.deepEqual([await ofSubject(store, 'ann'), await ofSubject(store, 'cid')], [[], [to]])
      assert.equal(await store.destroy(to), 'ok')
    } else assert.equal(await store.destroy(from), 'ok')
    for (const subject of ['ann', 'bob', 'cid', 'eve']) assert.deepEqual(await ofSubject(store, subject), [])
  },
  'what is acknowledged before bySubject is called is met': ({ store }) => meetAll(store, store),
} satisfies Record<string, Law>

/** The same, between connections. */
export const powerRaceLaws = {
  'of parallel moves and updates on two connections exactly one is ok': async ({ store, second }) =>
    oneMoveWins(store, await needed(second, 'second')()),
  'what is acknowledged before bySubject is called is met, across two connections': async ({ store, second }) =>
    meetAll(store, await needed(second, 'second')()),
} satisfies Record<string, Law>

async function oneMoveWins(store: SessionStore, other: SessionStore): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const key = keyOf(`power:race:${round}`)
    const old = recordOf('old')
    await store.create(key, old)
    const targets = ['a', 'b', 'c'].map((end) => keyOf(`power:race:${round}:${end}`))
    const answers = await Promise.all([
      ...targets.map((target, i) => {
        const mover = i % 2 ? other : store
        return needed(isMovable(mover) && mover, 'the power Movable').move(key, target, recordOf('new'), old.revision)
      }),
      other.update(key, recordOf('new'), old.revision),
    ])
    assert.equal(answers.filter((answer) => answer === 'ok').length, 1, `round ${round}: ${answers.join(', ')}`)
    const alive = await Promise.all([...targets, key].map((place) => other.read(place)))
    assert.deepEqual(
      alive.map((record) => record !== undefined),
      answers.map((answer) => answer === 'ok'),
    )
  }
}

async function meetAll(store: SessionStore, other: SessionStore): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const subject = `round:${round}`
    const keys = [...Array(10).keys()].map((i) => `b:${round}:${i}`)
    await Promise.all(keys.map((key, i) => (i % 2 ? other : store).create(keyOf(key), recordOf('x', { subject }))))
    assert.deepEqual((await ofSubject(round % 2 ? store : other, subject)).toSorted(), keys.toSorted())
  }
}

async function ofSubject(store: SessionStore, subject: string): Promise<StoreKey[]> {
  const keys: StoreKey[] = []
  for await (const { key } of needed(hasSubjectIndex(store) && store, 'the power SubjectIndex').bySubject(subject))
    keys.push(key)
  return keys
}

async function scanned(store: SessionStore, prefix: string): Promise<StoreKey[]> {
  const keys: StoreKey[] = []
  for await (const { key } of needed(isScannable(store) && store, 'the power Scannable').scan(prefix)) keys.push(key)
  return keys
}
