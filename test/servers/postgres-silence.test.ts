import { describe } from 'vitest'
import { postgresKind } from './postgres-kind.js'
import { sqlSilence } from './sql-silence.js'

const { available, version } = postgresKind.server

describe.skipIf(!available)(`on ${version}`, () => {
  sqlSilence(postgresKind)
})
