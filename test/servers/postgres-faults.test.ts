import { describe } from 'vitest'
import { startPostgres } from '../services/postgres.mjs'
import { postgresKind } from './postgres-kind.js'
import { sqlFaults } from './sql-faults.js'

const { startable, version } = postgresKind.server

describe.skipIf(!startable)(`on ${version}`, () => {
  sqlFaults(postgresKind, startPostgres)
})
