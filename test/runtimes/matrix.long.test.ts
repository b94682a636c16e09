import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePlace } from '../chaos/places.mjs'
import { service } from '../services/service.js'
import { type App, launchApp } from '../support/edge-app.js'
import { tableIn, withTable } from '../support/edge-table.js'

const folder = fileURLToPath(new URL('.', import.meta.url))
const page = new URL('../../docs/edges.md', import.meta.url)
const bin = (name: string) => `${folder}node_modules/.bin/${name}`
const versionOf = (name: string) => {
  const { version } = JSON.parse(readFileSync(`${folder}node_modules/${name}/package.json`, 'utf8')) as {
    version: string
  }
  return version.split('.').slice(0, 2).join('.')
}

const runtimes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Node: [process.execPath],
  [`Bun ${versionOf('bun')}`]: [bin('bun')],
  [`Deno ${versionOf('deno')}`]: [bin('deno'), 'run', '--allow-all', '--node-modules-dir=manual'],
}
/** By the name of its function in apps/matrix-edges.mjs: its name in the table, and its edge. */
const frameworks: Readonly<Record<string, readonly [string, string]>> = {
  'h3 1': [`h3 ${versionOf('h3')}`, 'zession/h3'],
  'h3 2': [`h3 ${versionOf('h3-v2')}`, 'zession/h3'],
  fetch: ['a handler of web requests', 'zession/web'],
  hono: [`Hono ${versionOf('hono')}`, 'zession/web'],
  'node:http': ['node:http', 'zession/node'],
  express: [`Express ${versionOf('express')}`, 'zession/node'],
  fastify: [`Fastify ${versionOf('fastify')}`, 'zession/node'],
  koa: [`Koa ${versionOf('koa')}`, 'zession/node'],
}
const present = { available: true, url: '' }
const stores = {
  memory: present,
  file: present,
  sqlite: present,
  lmdb: present,
  redis: service('redis'),
  postgres: service('postgres'),
  mysql: service('mariadb'),
  mongodb: service('mongodb'),
} as const
const kinds = Object.keys(stores) as (keyof typeof stores)[]
const cells = new Map<string, string>()

/** A visitor of one session: what there is of him is kept through a login, ends with the logout, and his notice is seen once. */
async function visit(app: App, kind: string): Promise<string> {
  let cookie: string | undefined
  const step = async (name: string) => {
    const reply = await app.get(`/${kind}/${name}`, cookie)
    const line = reply.cookies.find((each) => each.startsWith(`${kind}=`))
    if (line) cookie = line.split(';')[0]
    return reply.status === 200 ? (JSON.parse(reply.text) as unknown) : reply.text
  }
  const first = await step('visit')
  const anonymous = cookie
  const seen = [first, await step('visit'), await step('login'), await step('see'), await step('see')]
  const loggedIn = cookie
  seen.push(await step('out'))
  for (const old of [anonymous, loggedIn]) {
    cookie = old
    seen.push(await step('see'))
  }
  const ann = { user: 'ann', visits: 2 }
  expect(seen).toEqual([
    { visits: 1 },
    { visits: 2 },
    ann,
    { ...ann, notice: 'hello', listed: 1 },
    { ...ann, listed: 1 },
    { out: true },
    { visits: 0, listed: 0 },
    { visits: 0, listed: 0 },
  ])
  expect(loggedIn).not.toBe(anonymous)
  return 'works'
}

const available = kinds.filter((kind) => stores[kind].available)

for (const [runtime, [command, ...args]] of Object.entries(runtimes)) {
  describe.each(Object.entries(frameworks))(`%s on ${runtime}`, (framework) => {
    let app: App
    const places: Awaited<ReturnType<typeof makePlace>>[] = []
    beforeAll(async () => {
      const options: Record<string, unknown> = {}
      for (const kind of available) {
        const place = await makePlace(kind, stores[kind].url)
        places.push(place)
        options[kind] = place.store.options
      }
      app = await launchApp(command, [...args, 'apps/matrix.mjs', framework, JSON.stringify(options)], folder)
    })
    afterAll(async () => {
      await app?.stop()
      for (const { drop } of places) await drop()
    })

    it.each(available)('a visitor of a session in the store %s', async (kind) => {
      cells.set([framework, runtime, kind].join(), await visit(app, kind))
    })
  })
}

it.skipIf(available.length < kinds.length)('the table of docs/edges.md is what has run', () => {
  const rows = Object.entries(frameworks).flatMap(([framework, [name, edge]]) =>
    Object.keys(runtimes).map((runtime) => [
      name,
      runtime,
      `\`${edge}\``,
      ...kinds.map((kind) => cells.get([framework, runtime, kind].join()) ?? '-'),
    ]),
  )
  const head = ['framework', 'runtime', 'import', ...kinds.map((kind) => `[${kind}](stores/${kind}.md)`)]
  const text = readFileSync(page, 'utf8')
  const fresh = withTable(text, 'matrix', head, rows)
  if (process.env['WRITE_TABLES'] === '1') writeFileSync(page, fresh)
  else expect(tableIn(text, 'matrix')).toBe(tableIn(fresh, 'matrix'))
})
