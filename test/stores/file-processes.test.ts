import { fileStore } from '../../src/stores/file.js'
import { runs } from '../support/long.js'
import { processesOnDisk } from './disk-processes.js'

processesOnDisk({
  kind: 'file',
  options: (folder) => ({ folder }),
  open: (folder) => fileStore({ folder }),
  kills: runs(40),
})
