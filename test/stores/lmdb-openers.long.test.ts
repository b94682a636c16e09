import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { lmdbStore } from '../../src/stores/lmdb.js'
import { expectFourToCount } from '../support/count-together.js'
import { storeProcesses } from '../support/store-process.js'

it('4 processes that open the folder while the others count add up, 30 times', { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zession-openers-'))
  for (let round = 0; round < 30; round++) {
    const path = join(folder, `${round}`)
    const store = lmdbStore({ path })
    await expectFourToCount(storeProcesses('lmdb', { path }), store)
    await store.close()
  }
  await rm(folder, { recursive: true })
})
