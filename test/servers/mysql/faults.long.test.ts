import { describe } from 'vitest'
import { startMariadb } from '../../services/mariadb.mjs'
import { sqlFaults } from '../sql/faults.js'
import { mysqlKind } from './kind.js'

const { startable, version } = mysqlKind.server

describe.skipIf(!startable)(`on ${version}`, () => {
  sqlFaults(mysqlKind, startMariadb)
})
