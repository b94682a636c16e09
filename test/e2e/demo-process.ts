import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const compiled = join(root, '.demo/server.js')
const command = 'npm run build && npx tsc -p demo'

/** The compiled demo as a process of its own, on a port that the system chose and in a data folder of its own. */
export interface Demo {
  /** Changes with every restart. */
  readonly url: string
  readonly folder: string
  /** Ends the process with `signal`, without warning by default, and starts it again on the same data. */
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts it on new data, or as one more process on the data of another.
 * @throws Error that names the build command when the demo is not compiled, or older than its sources
 */
export async function startDemo(beside?: Demo): Promise<Demo> {
  assertCompiled()
  const folder = beside?.folder ?? mkdtempSync(join(tmpdir(), 'zession-demo-'))
  let running = await launch(folder)
  return {
    get url() {
      return running.url
    },
    folder,
    async restart(signal = 'SIGKILL') {
      await end(running.child, signal)
      running = await launch(folder)
    },
    async stop() {
      await end(running.child, 'SIGTERM')
      if (!beside) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function assertCompiled(): void {
  if (!existsSync(compiled)) throw new Error(`The demo is not compiled: run \`${command}\` first.`)
  const sources = join(root, 'demo')
  const newest = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => statSync(join(sources, file)).mtimeMs)
  if (Math.max(...newest) > statSync(compiled).mtimeMs) {
    throw new Error(`The compiled demo is older than its sources: run \`${command}\` first.`)
  }
}

async function launch(folder: string): Promise<{ child: ChildProcess; url: string }> {
  // As `npm run demo` starts it: without NODE_ENV, so that the cookies are those of production, on http://localhost.
  const { NODE_ENV: _, ...inherited } = process.env
  const env = { ...inherited, PORT: '0', DEMO_DATA: folder }
  const child = spawn(process.execPath, [compiled], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The demo ended with ${code} before it listened:\n${output}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const found = /http:\/\/localhost:\d+/.exec(output)
      if (found) resolve(found[0])
    })
  })
  return { child, url }
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
