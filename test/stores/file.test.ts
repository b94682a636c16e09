import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import { isMovable } from '../../src/stores/port.js'
import { type LawName, storeLaws } from '../../src/testing/store-laws.js'
import { variantIt } from '../support/long.js'
import { openStoreModule } from '../support/store-process.js'

const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

let root: string
let folders = 0
const newFolder = () => join(root, `store${folders++}`)
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-file-'))
})
afterAll(() => rm(root, { recursive: true }))

const moves: LawName[] = [
  'move gives the record its new key and contents, and the old key is gone at once',
  'move with another revision, or onto a taken key, answers conflict and changes nothing',
  'move of nothing answers gone and creates nothing',
  'of parallel moves and updates of one record exactly one is ok',
  'of parallel moves and updates on two connections exactly one is ok',
]
const processLaws: LawName[] = [
  'four processes of 250 increments by compare-and-set each add up to a thousand',
  'of a hundred parallel takes in four processes one gets the flash',
]
const notMovable = { reason: 'two folders do not change in one step', laws: moves }

// Each law on a folder of its own; connections are stores that share nothing but the folder, as processes do.
describe('fileStore keeps the laws', () => {
  storeLaws(
    slowIt,
    async () => {
      const folder = newFolder()
      const another = async () => fileStore({ folder })
      const module = openStoreModule
      const processes = { module, args: ['file', JSON.stringify({ folder })] }
      return { store: await another(), second: another, reopen: another, processes, dispose: () => remove(folder) }
    },
    { exempt: [notMovable] },
  )
})

describe('fileStore({ durable: false }) keeps the laws', () => {
  storeLaws(
    variantIt(slowIt),
    async () => {
      const folder = newFolder()
      const another = async () => fileStore({ folder, durable: false })
      return { store: await another(), second: another, dispose: () => remove(folder) }
    },
    {
      exempt: [
        notMovable,
        { reason: 'tested above with durable writes', laws: processLaws },
        { reason: 'durable: false asks for this', laws: ['a durable record survives closing and reopening'] },
      ],
    },
  )
})

it('promises what it keeps', () => {
  const folder = newFolder()
  expect(fileStore({ folder }).guarantees).toEqual({
    atomicUpdate: true,
    durable: true,
    shared: true,
    revocable: true,
  })
  expect(fileStore({ folder, durable: false }).guarantees.durable).toBe(false)
  expect(isMovable(fileStore({ folder }))).toBe(false)
})

async function remove(folder: string) {
  await rm(folder, { recursive: true, force: true })
}
