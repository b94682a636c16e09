import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A Go program of a test, built. */
export interface GoProgram {
  /** Runs it with JSON on its input, and reads JSON from its output. */
  ask(question: unknown): unknown
  remove(): void
}

/**
 * Builds the program in a folder from the modules that are on this machine: nothing is fetched. Undefined where there is no Go, or
 * where a module is missing; tests register what they can then, with samples that Go has read or written before.
 * @param folder beside the test: `new URL('./share-go/', import.meta.url)`
 */
export function buildGo(folder: URL): GoProgram | undefined {
  const out = mkdtempSync(join(tmpdir(), 'zession-go-'))
  const program = join(out, 'program')
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOWORK: 'off' }
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: fileURLToPath(folder), env, encoding: 'utf8' })
  const remove = () => rmSync(out, { recursive: true, force: true })
  if (built.status !== 0) {
    remove()
    // A mistake in the program is none of these.
    if (built.error || /cannot find module|not in std|module lookup disabled|missing go.sum/.test(built.stderr))
      return undefined
    throw new Error(`go build failed: ${built.stderr}`)
  }
  return {
    remove,
    ask(question) {
      const ran = spawnSync(program, {
        input: JSON.stringify(question),
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      })
      if (ran.status !== 0) throw new Error(`the Go program failed: ${ran.stderr}`)
      return JSON.parse(ran.stdout)
    },
  }
}
