import { describe } from 'vitest'
import { sqlSilence } from '../sql/silence.js'
import { postgresKind } from './kind.js'

const { available, version } = postgresKind.server

describe.skipIf(!available)(`on ${version}`, () => {
  sqlSilence(postgresKind)
})
