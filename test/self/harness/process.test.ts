import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, sweepFolders, until } from '../../services/process.mjs'
import { runProcess } from '../../services/run-process.js'
import { service } from '../../services/service.js'
import { launchApp } from '../../support/edge-app.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zession-harness-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function script(name: string, code: string): string {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, code)
  return file
}

const isGone = (pid: number) => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

describe('launchApp', () => {
  it.each(['apart', 'in its group'])('an app that is stopped takes what it has started with it: %s', async (how) => {
    const child = `spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: ${how === 'apart'} })`
    const code = `import { spawn } from 'node:child_process'
      import { createServer } from 'node:http'
      const { pid } = ${child}
      createServer((_, res) => res.end(String(pid))).listen(0, function () { console.log(this.address().port) })`
    const app = await launchApp(process.execPath, [script('starts', code)], folder)
    const { text } = await app.get('/')
    expect(isGone(Number(text))).toBe(false)
    await app.stop()
    await until('the child of the app is gone', () => isGone(Number(text)))
  })
})

describe('runProcess', () => {
  it('reads what the process reports, and how it ended', async () => {
    const file = script('reports', `console.log('{"a":1}\\n{"b":2}'); console.error('oops'); process.exit(3)`)
    expect(await runProcess(file).ended).toEqual({
      code: 3,
      signal: null,
      errors: 'oops\n',
      messages: [{ a: 1 }, { b: 2 }],
    })
  })

  it('passes arguments and the environment', async () => {
    const file = script('passes', 'console.log(JSON.stringify([process.argv[2], process.env.GIVEN]))')
    expect((await runProcess(file, ['one'], { env: { GIVEN: 'two' } }).ended).messages).toEqual([['one', 'two']])
  })

  it('kill -9 ends it in the middle, and half a line is no report', async () => {
    const file = script('endless', `for (let i = 0; ; i++) process.stdout.write(i < 5 ? i + '\\n' : 'half')`)
    const child = runProcess(file)
    await child.reported(5)
    child.kill()
    const { signal, messages } = await child.ended
    expect([signal, messages]).toEqual(['SIGKILL', [0, 1, 2, 3, 4]])
  })

  it('waiting for more reports than there are is an error that shows why', async () => {
    const file = script('fails', `console.log(1); throw new Error('broken')`)
    await expect(runProcess(file).reported(2)).rejects.toThrow(/after 1 of 2 reports:[^]*broken/)
  })
})

describe.skipIf(!service('redis').startable)('a server and the process that started it', () => {
  const redis = fileURLToPath(new URL('../../services/redis.mjs', import.meta.url))
  const starter = () =>
    runProcess(
      script(
        'starter',
        `import { startRedis } from ${JSON.stringify(redis)}
         const { pid } = await startRedis()
         console.log(JSON.stringify({ pid }))
         setInterval(() => {}, 1000)`,
      ),
    )
  const foldersOf = (pid: number) => readdirSync(tmpdir()).filter((name) => name.startsWith(`zs-${pid}-`))

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`${signal} ends both, and the data is removed`, async () => {
      const parent = starter()
      await parent.reported(1)
      const { pid } = parent.messages[0] as { pid: number }
      expect(isGone(pid)).toBe(false)
      expect(foldersOf(parent.pid)).toHaveLength(1)
      process.kill(parent.pid, signal)
      await parent.ended
      await until('the server is gone', () => isGone(pid))
      expect(foldersOf(parent.pid)).toEqual([])
    })
  }

  it.skipIf(process.platform !== 'linux')(
    'kill -9 of the parent ends both; the next run removes the data',
    async () => {
      const parent = starter()
      await parent.reported(1)
      const { pid } = parent.messages[0] as { pid: number }
      parent.kill()
      await parent.ended
      await until('the server is gone', () => isGone(pid))
      expect(foldersOf(parent.pid)).toHaveLength(1)
      sweepFolders()
      expect(foldersOf(parent.pid)).toEqual([])
    },
  )
})

it('a free port is outside the range of outgoing connections', async () => {
  const port = await freePort()
  expect(port).toBeGreaterThanOrEqual(12_000)
  expect(port).toBeLessThan(32_000)
})

it('a free port is given to one server alone, though none listens yet', async () => {
  const ports = await Promise.all(Array.from({ length: 500 }, freePort))
  expect(new Set(ports).size).toBe(500)
})
