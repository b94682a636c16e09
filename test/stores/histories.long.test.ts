import { afterAll, beforeAll, describe } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import { lmdbStore } from '../../src/stores/lmdb.js'
import type { SessionStore } from '../../src/stores/port.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { makePlace } from '../chaos/places.mjs'
import { historyLaws, historyRaces } from '../support/histories-laws.js'
import { openRemote } from '../support/histories-process.js'
import { runs } from '../support/long.js'

const open: Readonly<Record<'sqlite' | 'file' | 'lmdb', (options: never) => SessionStore>> = {
  sqlite: sqliteStore,
  file: fileStore,
  lmdb: lmdbStore,
}

// One connection in this process and one in another: requests go to the one and the other in turn.
describe.each(['sqlite', 'file', 'lmdb'] as const)('histories of several tabs on two processes with %s', (kind) => {
  const stores: SessionStore[] = []
  const ends: (() => unknown)[] = []
  beforeAll(async () => {
    const place = await makePlace(kind)
    ends.push(place.drop)
    const own = open[kind](place.store.options as never)
    ends.push(() => own.close?.())
    const other = await openRemote(place.store)
    ends.push(other.stop)
    stores.push(own, other.store)
  })
  afterAll(async () => {
    for (const end of ends.toReversed()) await end()
  })
  historyLaws(() => stores, runs(100))
  historyRaces(() => stores)
})
