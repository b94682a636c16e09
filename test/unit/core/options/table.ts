import { callTables } from './call-tables.js'
import type { Table } from './row.js'
import { sessionTable } from './session-table.js'
import { storeTables } from './store-tables.js'

/** The options of everything that takes any. */
export const tables: readonly Table[] = [sessionTable, ...callTables, ...storeTables]
