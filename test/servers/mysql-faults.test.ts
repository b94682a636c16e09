import { describe } from 'vitest'
import { startMariadb } from '../services/mariadb.mjs'
import { mysqlKind } from './mysql-kind.js'
import { sqlFaults } from './sql-faults.js'

const { startable, version } = mysqlKind.server

describe.skipIf(!startable)(`on ${version}`, () => {
  sqlFaults(mysqlKind, startMariadb)
})
