import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../services/databases.js'
import { freePort, launch, makeFolder, type ServerProcess, until } from '../services/process.mjs'
import { type Service, service } from '../services/service.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = join(root, 'examples')

const endings: (() => Promise<void>)[] = []
beforeAll(() => {
  assert.ok(existsSync(join(root, 'dist/index.js')), 'These tests run the built package. First: npm run build')
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

interface Visitor {
  readonly cookies: ReadonlyMap<string, string>
  /** The raw Set-Cookie headers of the last response. */
  readonly received: readonly string[]
  get(path: string): Promise<string>
  post(path: string, form: Record<string, string>): Promise<string>
}

interface RunningExample {
  readonly process: ServerProcess
  /** Somebody without cookies. */
  visitor(): Visitor
}

/** Runs `node examples/<name>.mjs` in an empty folder, as a reader would. */
async function start(name: string, env: Record<string, string> = {}): Promise<RunningExample> {
  const port = await freePort()
  const running = await launch({
    command: process.execPath,
    args: argumentsOf(name),
    ready: /Listening on/,
    folder: makeFolder(name),
    options: { env: environmentOf(port, env) },
  })
  endings.push(() => running.stop())
  return { process: running, visitor: () => newVisitor(`http://127.0.0.1:${port}`) }
}

function argumentsOf(name: string): string[] {
  return ['--import', join(root, 'test/servers/h3-v2.mjs'), join(examples, `${name}.mjs`)]
}

function environmentOf(port: number, env: Record<string, string>) {
  // With these the server would neither say that it listens nor end by itself. Without NODE_ENV the cookies are those of
  // production, which the visitor keeps on 127.0.0.1 as Chromium and curl do.
  const { TEST: _test, CI: _ci, NODE_ENV: _env, ...rest } = process.env
  return { ...rest, HOST: '127.0.0.1', PORT: `${port}`, ...env }
}

function newVisitor(origin: string): Visitor {
  const cookies = new Map<string, string>()
  let received: string[] = []
  async function ask(path: string, init: RequestInit) {
    const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ')
    const headers = { connection: 'close', ...(cookie === '' ? {} : { cookie }) }
    const response = await fetch(origin + path, { ...init, headers })
    received = response.headers.getSetCookie()
    for (const header of received) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      if (/max-age=0(;|$)/i.test(header)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const text = await response.text()
    return response.ok ? text : `${response.status}`
  }
  return {
    cookies,
    get received() {
      return received
    },
    get: (path) => ask(path, {}),
    post: (path, form) => ask(path, { method: 'POST', body: new URLSearchParams(form) }),
  }
}

const [postgres, mariadb, redis, mongodb] = [
  service('postgres'),
  service('mariadb'),
  service('redis'),
  service('mongodb'),
]

/** The example of each store, and what it needs besides an empty folder. */
const stores = [
  { name: 'memory', on: 'memory', durable: false },
  { name: 'file', on: 'files', durable: true },
  { name: 'sqlite', on: 'libsql', durable: true },
  { name: 'lmdb', on: 'lmdb', durable: true },
  { name: 'unstorage', on: 'files', durable: true },
  { name: 'postgres', ...onServer(postgres), environment: database('postgres', postgres, 'DATABASE_URL') },
  { name: 'mysql', ...onServer(mariadb), environment: database('mariadb', mariadb, 'DATABASE_URL') },
  { name: 'mongodb', ...onServer(mongodb), environment: database('mongodb', mongodb, 'MONGODB_URL') },
  { name: 'redis', ...onServer(redis), environment: async () => ({ REDIS_URL: redis.url }) },
].map((store) => ({ available: true, environment: async () => ({}), ...store }))

function onServer({ version, available }: Service) {
  return { on: version, available, durable: true }
}

function database(kind: Parameters<typeof createDatabase>[0], { url }: Service, variable: string) {
  return async () => {
    const created = await createDatabase(kind, url)
    endings.push(() => created.drop())
    return { [variable]: created.url }
  }
}

for (const { name, durable, available, on, environment } of stores) {
  describe.skipIf(!available)(`M113: examples/${name}.mjs on ${on}`, () => {
    it(`sets, gets and clears user_id, and a restart ${durable ? 'keeps' : 'ends'} the session`, async () => {
      const example = await start(name, await environment())
      const visitor = example.visitor()
      expect(await visitor.get('/get')).toBe('{}')
      expect(visitor.received).toEqual([])
      expect(await visitor.get('/set')).toBe('ok')
      expect(visitor.received).toEqual([expect.stringMatching(/^__Host-session=[\w-]{43};.*HttpOnly; Secure/)])
      expect(await visitor.get('/get')).toBe('{"user_id":123456}')
      expect(await example.visitor().get('/get')).toBe('{}')

      // What a deploy sends. The server and then the connection of the store end, and nothing else keeps the process.
      const { pid } = example.process
      process.kill(pid, 'SIGTERM')
      await until(`examples/${name}.mjs ends by itself`, () => !isAlive(pid), 10_000)
      await example.process.restart()
      expect(await visitor.get('/get')).toBe(durable ? '{"user_id":123456}' : '{}')

      expect(await visitor.get('/clear')).toBe('ok')
      expect(await visitor.get('/get')).toBe('{}')
      expect(await visitor.get('/set')).toBe('ok')
      expect(await visitor.get('/get')).toBe('{"user_id":123456}')
    })
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the other examples', () => {
  it('M114: flash.mjs delivers a text and two structured types once', async () => {
    const visitor = (await start('flash')).visitor()
    expect(await visitor.get('/get-simple')).toBe('{}')
    expect(await visitor.get('/set-simple')).toBe('ok')
    expect(await visitor.get('/set-complex')).toBe('ok')
    expect(await visitor.get('/get-simple')).toBe('{"message":"This is a flash message"}')
    expect(await visitor.get('/get-simple')).toBe('{}')
    expect(JSON.parse(await visitor.get('/get-complex'))).toEqual({
      title: 'Profile',
      year: new Date().getFullYear(),
      errors: [
        { field: 'email', problem: 'has no @' },
        { field: 'name', problem: 'is empty' },
      ],
    })
    expect(await visitor.get('/get-complex')).toBe('{"errors":[]}')
  })

  it('M115: custom-type.mjs gives back an instance of the class', async () => {
    const visitor = (await start('custom-type')).visitor()
    expect(await visitor.get('/get')).toBe('{}')
    expect(await visitor.get('/set')).toBe('ok')
    expect(await visitor.get('/get')).toBe('{"break":"1m30s"}')
  })

  it('M116: login.mjs lets members in, with a new id, until they log out', async () => {
    const visitor = (await start('login')).visitor()
    expect(await visitor.get('/secret')).toBe('403')
    expect(await visitor.post('/login', { name: 'ann', password: 'guess' })).toBe('401')
    expect(visitor.cookies.size).toBe(0)
    expect(await visitor.post('/login', { name: 'ann', password: 'correct-horse' })).toBe('Welcome')
    expect(await visitor.get('/secret')).toBe('The cake is for ann.')
    const first = visitor.cookies.get('__Host-session')
    expect(await visitor.post('/login', { name: 'ann', password: 'correct-horse' })).toBe('Welcome')
    const second = visitor.cookies.get('__Host-session')
    expect(second).not.toBe(first)
    expect(await visitor.post('/logout', {})).toBe('Goodbye')
    expect(visitor.cookies.size).toBe(0)
    expect(await visitor.get('/secret')).toBe('403')
  })

  it('M117: remember-me.mjs keeps the cookie for a week, if asked to', async () => {
    const example = await start('remember-me')
    const [short, long] = [example.visitor(), example.visitor()]
    await short.post('/login', {})
    expect(short.received).toEqual([expect.not.stringMatching(/max-age|expires/i)])
    const until = async (visitor: Visitor) =>
      Date.parse((JSON.parse(await visitor.get('/')) as { until: string }).until)
    const hours = async (visitor: Visitor) => ((await until(visitor)) - Date.now()) / 3_600_000
    expect(await hours(short)).toBeLessThanOrEqual(1)
    await long.post('/login', { remember: 'yes' })
    expect(long.received).toEqual([expect.stringMatching(/max-age=604800(;|$)/i)])
    expect(await hours(long)).toBeGreaterThan(6 * 24)
  })

  it('M117: several-sessions.mjs stores two sessions with one response and ends one alone', async () => {
    const visitor = (await start('several-sessions')).visitor()
    expect(await visitor.get('/start')).toBe('ok')
    expect([...visitor.cookies.keys()].toSorted()).toEqual(['__Host-login', '__Host-shop'])
    expect(visitor.received.find((header) => header.startsWith('__Host-shop='))).toMatch(/max-age=2592000(;|$)/i)
    expect(await visitor.get('/get')).toBe('{"user":"ann","cart":["A-1"]}')
    expect(await visitor.get('/logout')).toBe('ok')
    expect([...visitor.cookies.keys()]).toEqual(['__Host-shop'])
    expect(await visitor.get('/get')).toBe('{"cart":["A-1"]}')
  })

  it('tracing.mjs counts what happened, by the diagnostics channel', async () => {
    const visitor = (await start('tracing')).visitor()
    expect(await visitor.get('/')).toBe('{"visits":1}')
    expect(await visitor.get('/')).toBe('{"visits":2}')
    expect(await visitor.get('/end')).toBe('ok')
    expect(JSON.parse(await visitor.get('/metrics'))).toEqual({ created: 1, loaded: 2, saved: 2, destroyed: 1 })
  })

  it('opentelemetry.mjs exports a span for each request, with what happened to its session, and a counter', async () => {
    const env = environmentOf(await freePort(), {})
    const options = { env, cwd: makeFolder('opentelemetry'), timeout: 15_000 }
    const { stdout } = await promisify(execFile)(process.execPath, argumentsOf('opentelemetry'), options)
    const lines = stdout.split('\n')
    expect(lines.filter((line) => /^(visited|span|counter) /.test(line))).toEqual([
      'visited /: 200',
      'visited /: 200',
      'visited /end: 200',
      'visited /: 200',
      'visited /: 503',
      'span GET / ok session.created session.saved',
      'span GET / ok session.loaded session.saved',
      'span GET /end ok session.loaded session.destroyed',
      'span GET / ok session.created session.saved',
      'span GET / failed session.storeError exception',
      'counter session created 2',
      'counter session saved 3',
      'counter session loaded 2',
      'counter session destroyed 1',
      'counter session storeError 1',
    ])
  })
})

it('there is no example that is not tested and listed in the README', () => {
  const files = readdirSync(examples)
    .filter((file) => file.endsWith('.mjs'))
    .toSorted()
  const others = ['flash', 'custom-type', 'login', 'remember-me', 'several-sessions', 'tracing', 'opentelemetry']
  expect(files).toEqual([...stores.map(({ name }) => name), ...others].map((name) => `${name}.mjs`).toSorted())
  const readme = readFileSync(join(examples, 'README.md'), 'utf8')
  for (const file of files) expect(readme).toContain(`node ${file}\``)
})
