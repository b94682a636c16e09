import { fileStore } from '../../src/stores/file.js'
import { processesOnDisk } from './disk-processes.js'

processesOnDisk({ kind: 'file', options: (folder) => ({ folder }), open: (folder) => fileStore({ folder }) })
