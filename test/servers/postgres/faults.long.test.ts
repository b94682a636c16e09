import { describe } from 'vitest'
import { startPostgres } from '../../services/postgres.mjs'
import { sqlFaults } from '../sql/faults.js'
import { postgresKind } from './kind.js'

const { startable, version } = postgresKind.server

describe.skipIf(!startable)(`on ${version}`, () => {
  sqlFaults(postgresKind, startPostgres)
})
