import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis.js'
import { makeFolder, type Server } from '../../services/process.mjs'
import { startRedis } from '../../services/redis.mjs'
import { runProcess } from '../../services/run-process.js'
import { expectFourToCount } from '../../support/count-together.js'
import { copyPackageAlone } from '../../support/package-alone.js'
import { storeProcesses } from '../../support/store-process.js'
import { available, key, newRecord } from './kit.js'

describe.skipIf(!available)('several processes on one Redis', () => {
  let server: Server
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  it('4 processes of 250 increments each add up to 1000', { timeout: 300_000 }, async () => {
    const store = redisStore({ url: server.url })
    await expectFourToCount(storeProcesses('redis', { url: server.url }), store)
    await store.close()
  })

  it('of 100 parallel takes one wins, also when the server forgets the scripts in between', async () => {
    const stores = [1, 2, 3, 4].map(() => redisStore({ url: server.url }))
    const admin = new Redis(server.url)
    for (let round = 0; round < 20; round++) {
      const flash = newRecord('flash')
      await stores[0]?.create(key(`flash:${round}`), flash)
      const takes = Array.from({ length: 100 }, async (_, i) => {
        if (i % 10 === 0) await admin.script('FLUSH')
        return stores[i % 4]?.update(key(`flash:${round}`), newRecord('taken'), flash.revision)
      })
      expect((await Promise.all(takes)).filter((answer) => answer === 'ok')).toHaveLength(1)
    }
    for (const store of stores) await store.close()
    admin.disconnect()
  })

  it('kill -9 of the server under load loses no acknowledged record', { timeout: 300_000 }, async () => {
    const mine = await startRedis()
    const store = redisStore({ url: mine.url })
    try {
      const writer = storeProcesses('redis', { url: mine.url }).start('creates')
      for (let round = 1; round <= 5; round++) {
        await writer.reported(writer.messages.length + 200)
        await mine.kill()
        await sleep(50)
        await mine.restart()
      }
      await writer.reported(writer.messages.length + 400)
      process.kill(writer.pid, 'SIGTERM')
      const { errors, messages } = await writer.ended
      expect(errors).toBe('')
      const said = messages as { i: number; answer?: string; failed?: string }[]
      const acknowledged = said.filter(({ answer }) => answer === 'ok').map(({ i }) => `made:${i}`)
      const failed = said.filter((each) => each.failed !== undefined)
      expect(said.filter(({ answer }) => answer === 'exists')).toEqual([])
      expect(failed.length).toBeGreaterThan(0)
      expect(new Set(failed.map((each) => each.failed))).toEqual(new Set(['ERR_SESSION_STORE']))
      const stored = new Set<string>()
      for await (const found of store.bySubject('writer')) stored.add(found.key)
      console.log(`kill -9: ${acknowledged.length} acknowledged, ${failed.length} failed, ${stored.size} stored`)
      expect(acknowledged.filter((name) => !stored.has(name))).toEqual([])
    } finally {
      await store.close()
      await mine.stop()
    }
  })

  it('without the optional library the package imports, and the first call names the command', async () => {
    const alone = makeFolder('alone')
    await copyPackageAlone(alone)
    const script = join(alone, 'ask.mjs')
    const { writeFile } = await import('node:fs/promises')
    await writeFile(
      script,
      `const { redisStore } = await import(${JSON.stringify(pathToFileURL(join(alone, 'stores/redis.js')).href)})
       redisStore({ url: 'redis://localhost' }).read('k').catch(({ code, message }) => console.log(JSON.stringify([code, message])))`,
    )
    const { messages } = await runProcess(script).ended
    expect(messages).toEqual([
      ['ERR_SESSION_MISSING_LIBRARY', expect.stringMatching(/redisStore.*npm install ioredis@6$/)],
    ])
    await rm(alone, { recursive: true })
  })
})
