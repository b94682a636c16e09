import { describe } from 'vitest'
import { mysqlKind } from './mysql-kind.js'
import { sqlSilence } from './sql-silence.js'

const { available, version } = mysqlKind.server

describe.skipIf(!available)(`on ${version}`, () => {
  sqlSilence(mysqlKind)
})
