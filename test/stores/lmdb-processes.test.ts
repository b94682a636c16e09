import { lmdbStore } from '../../src/stores/lmdb.js'
import type { StoreKey } from '../../src/stores/port.js'
import { runs } from '../support/long.js'
import { processesOnDisk } from './disk-processes.js'

processesOnDisk({
  kind: 'lmdb',
  options: (path) => ({ path }),
  open: (path) => lmdbStore({ path }),
  kills: runs(40),
  // A writer killed at the end of its commit leaves a write that nobody was told of: the next transaction brings it to light, or
  // not. So one comes first.
  afterKill: (store) => store.destroy('nothing' as StoreKey),
})
