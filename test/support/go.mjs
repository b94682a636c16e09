import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** @type {typeof import('./go.mjs').buildGo} */
export function buildGo(folder) {
  const out = mkdtempSync(join(tmpdir(), 'zession-go-'))
  const program = join(out, 'program')
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOWORK: 'off' }
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: fileURLToPath(folder), env, encoding: 'utf8' })
  const remove = () => rmSync(out, { recursive: true, force: true })
  if (built.status !== 0) {
    remove()
    // A mistake in the program is none of these.
    if (built.error || /cannot find module|module lookup disabled|missing go.sum|requires go >=/.test(built.stderr))
      return undefined
    throw new Error(`go build failed: ${built.stderr}`)
  }
  return {
    remove,
    ask(question) {
      const maxBuffer = 256 * 1024 * 1024
      const ran = spawnSync(program, { input: JSON.stringify(question), encoding: 'utf8', maxBuffer })
      if (ran.status !== 0) throw new Error(`the Go program failed: ${ran.stderr}`)
      return JSON.parse(ran.stdout)
    },
    async serve(...args) {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const [port] = await once(createInterface(child.stdout), 'line')
      return {
        port: Number(port),
        async stop() {
          const ended = once(child, 'exit')
          child.kill()
          await ended
        },
      }
    },
  }
}
