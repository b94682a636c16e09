import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { expect } from 'vitest'

/** Runs npm, without what an outer `npm test` told its children about this package. */
export function npm(cwd: string, ...args: string[]): string {
  const inherited = /^(npm_package_|npm_lifecycle_|npm_config_(local_prefix|ignore_scripts)|npm_command|INIT_CWD)/
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !inherited.test(key)))
  const run = spawnSync('npm', args, { cwd, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
  if (run.status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${run.status}:\n${run.stderr}`)
  return run.stdout
}

/** Waits until the example listens, where it says it does. Rejects when it ends before. */
export async function listening(server: ChildProcess, port: number): Promise<string> {
  let output = ''
  server.stdout?.on('data', (chunk) => (output += String(chunk)))
  server.stderr?.on('data', (chunk) => (output += String(chunk)))
  for (let wait = 0; wait < 200; wait++) {
    if (server.exitCode !== null) throw new Error(`the example ended with ${server.exitCode}:\n${output}`)
    const base = /http:\/\/[\w.[\]:]+/.exec(output)?.[0] ?? `http://127.0.0.1:${port}/`
    const up = await fetch(base).then(
      () => true,
      () => false,
    )
    if (up) return base
    await new Promise((next) => setTimeout(next, 50))
  }
  throw new Error(`the example does not listen after 10 s:\n${output}`)
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The npm packages that a built file imports, itself or through its own files, statically or not. */
export function packagesReachedFrom(entry: string): Set<string> {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const queue = [entry]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const source = readFileSync(file, 'utf8').replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')
    for (const [, from] of source.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)) {
      if (from === undefined || from.startsWith('node:')) continue
      if (from.startsWith('.')) queue.push(resolve(dirname(file), from))
      else packages.add(from.split('/', from.startsWith('@') ? 2 : 1).join('/'))
    }
  }
  expect(seen.size).toBeGreaterThan(1)
  return packages
}
