import { type CommandStartedEvent, type Document, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mongodbStore } from '../../../src/stores/mongodb.js'
import { createDatabase, type Database } from '../../services/databases.js'
import { service } from '../../services/service.js'
import { key, record, revision } from './kit.js'

const mongodb = service('mongodb')

describe.skipIf(!mongodb.available)(`mongodbStore on ${mongodb.version} sends`, () => {
  let place: Database
  let client: MongoClient
  beforeAll(async () => {
    place = await createDatabase('mongodb', mongodb.url)
    client = new MongoClient(place.url)
  })
  afterAll(async () => {
    await client.close()
    await place.drop()
  })

  const watched = async (run: (store: ReturnType<typeof mongodbStore>) => Promise<unknown>) => {
    const spied = new MongoClient(place.url, { monitorCommands: true, w: 1, readPreference: 'secondaryPreferred' })
    const commands: CommandStartedEvent[] = []
    const store = mongodbStore({ db: spied.db(), collection: 'counted' })
    await store.read(key('warm'))
    spied.on('commandStarted', (event) => commands.push(event))
    await run(store)
    await spied.close()
    return commands.filter(({ commandName }) => commandName !== 'endSessions')
  }
  const names = (commands: readonly CommandStartedEvent[]) => commands.map(({ commandName }) => commandName)

  it('one command for each call, and a second only to tell why a revision was not destroyed', async () => {
    const commands = await watched(async (store) => {
      expect(await store.create(key('a'), record('a'))).toBe('ok')
      expect(await store.create(key('a'), record('a'))).toBe('exists')
      expect(await store.read(key('a'))).toBeDefined()
      expect(await store.update(key('a'), record('b'), revision('revision-a'))).toBe('ok')
      expect(await store.update(key('a'), record('b'), revision('revision-a'))).toBe('conflict')
      expect(await store.update(key('none'), record('b'), revision('revision-a'))).toBe('gone')
      expect(await store.touch(key('a'), 5, revision('revision-b'))).toBe('ok')
      expect(await store.touch(key('a'), 5, revision('revision-b'))).toBe('ok')
      expect(await store.touch(key('a'), 5, revision('revision-a'))).toBe('stale')
      expect(await store.touch(key('none'), 5, revision('revision-a'))).toBe('gone')
      expect(await store.destroy(key('a'), revision('revision-b'))).toBe('ok')
      expect(await store.destroy(key('a'))).toBe('gone')
    })
    const change = Array.from({ length: 7 }, () => 'findAndModify')
    expect(names(commands)).toEqual(['insert', 'insert', 'find', ...change, 'delete', 'delete'])
    const missed = await watched((store) => store.destroy(key('a'), revision('x')))
    expect(names(missed)).toEqual(['delete', 'find'])
  })

  it('majority concerns with every one, whatever the client was told', async () => {
    const commands = await watched(async (store) => {
      await store.create(key('m'), record('a', { subject: 'ann', expiresAt: 1 }))
      await store.update(key('m'), record('b', { subject: 'ann', expiresAt: 1 }), revision('revision-a'))
      await store.touch(key('m'), 1, revision('revision-b'))
      await store.destroy(key('m'), revision('no'))
      for await (const _ of store.scan('')) await store.read(key('m'))
      for await (const _ of store.bySubject('ann')) await store.read(key('m'))
      await store.collectGarbage(1, 10)
      await store.destroy(key('m'))
    })
    expect(commands.length).toBeGreaterThan(10)
    for (const { commandName, command } of commands) {
      if (commandName === 'find') {
        expect(command).toMatchObject({ readConcern: { level: 'majority' }, maxTimeMS: 10_000 })
        expect(command['$readPreference'] ?? { mode: 'primary' }).toEqual({ mode: 'primary' })
      } else expect(command['writeConcern']).toMatchObject({ w: 'majority', j: true, wtimeout: 10_000 })
    }
  })

  it('pages of a scan that walk an index, and no more of them when the reader has enough', async () => {
    const commands = await watched(async (store) => {
      for (let i = 0; i < 250; i++) await store.create(key(`page:${i}`), record('a', { subject: 'page' }))
      for await (const _ of store.scan('page:')) break
      for await (const _ of store.bySubject('page')) break
      let count = 0
      for await (const _ of store.scan('page:')) count++
      expect(count).toBe(250)
    })
    expect(names(commands).filter((name) => name !== 'insert')).toEqual(['find', 'find', 'find', 'find', 'find'])
    await mongodbStore({ db: client.db(), collection: 'counted', initIndexes: true }).read(key('a'))
    for (const { command } of commands.filter((each) => each.commandName === 'find')) {
      const { filter, sort, limit, collation } = command
      const plan = await client.db().command({ explain: { find: 'counted', filter, sort, limit, collation } })
      const stages = JSON.stringify((plan as Document)['queryPlanner'].winningPlan)
      expect(stages).toMatch(/IXSCAN|CLUSTERED/)
      expect(stages).not.toMatch(/COLLSCAN|"SORT"/)
    }
  })
})
