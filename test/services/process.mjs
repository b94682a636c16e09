import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinary } from './binaries.mjs'

const prefix = 'zs-'
const children = new Set()
const folders = new Set()

/** @type {typeof import('./process.mjs').launch} */
export async function launch(spec) {
  let running = await retried(spec)
  let stopped = false
  const exited = () => running.exitCode !== null || running.signalCode !== null
  const signal = (name) => !exited() && running.kill(name)
  const resume = () => {
    if (!exited()) for (const pid of family(running.pid).reverse()) send(pid, 'SIGCONT')
  }
  const end = async () => {
    if (exited()) return
    resume()
    const gone = once(running, 'exit')
    const late = setTimeout(() => signal('SIGKILL'), 10_000)
    signal(spec.stopSignal ?? 'SIGTERM')
    await gone
    clearTimeout(late)
  }
  return {
    get pid() {
      return running.pid
    },
    kill: () => endAll(running),
    pause() {
      // PostgreSQL answers from a process per connection. The parent first, so that it makes no more of them.
      send(running.pid, 'SIGSTOP')
      for (const pid of family(running.pid)) send(pid, 'SIGSTOP')
    },
    resume,
    async restart(args = spec.args) {
      if (stopped) throw new Error(`${spec.command} was stopped and its data removed: start another.`)
      await end()
      running = await retried({ ...spec, args })
    },
    async stop() {
      stopped = true
      await end()
      if (spec.folder) removeFolder(spec.folder)
    },
  }
}

/** @type {typeof import('./process.mjs').run} */
export async function run(command, args, options = {}) {
  const child = guarded(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code ?? signal}:\n${output.slice(-4000)}`)
  return output
}

/** @type {typeof import('./process.mjs').guarded} */
export function guarded(command, args, options = {}) {
  hookExit()
  // The kernel ends the child when its parent is gone, however that came about; on other systems the exit hook has to do.
  const setpriv = process.platform === 'linux' ? findBinary('setpriv') : undefined
  const child = setpriv
    ? spawn(setpriv, ['--pdeathsig', 'KILL', '--', command, ...args], options)
    : spawn(command, args, options)
  children.add(child)
  child.once('exit', () => children.delete(child))
  // A command that cannot start tells so by 'error' and then has no 'exit'.
  child.once('error', () => children.delete(child))
  return child
}

/** @type {typeof import('./process.mjs').endAll} */
export async function endAll(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  // The parent first, or it would see a child crash and start to recover.
  for (const pid of family(child.pid)) send(pid, 'SIGKILL')
  await gone
}

/** @type {typeof import('./process.mjs').makeFolder} */
export function makeFolder(name) {
  hookExit()
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-${name}-`))
  folders.add(folder)
  return folder
}

/** @type {typeof import('./process.mjs').removeFolder} */
export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  folders.delete(folder)
}

/** @type {typeof import('./process.mjs').sweepFolders} */
export function sweepFolders() {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN
    if (!Number.isNaN(pid) && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

const handedOut = new Set()

/** @type {typeof import('./process.mjs').freePort} */
export async function freePort() {
  for (;;) {
    // Below the range that outgoing connections take theirs from: nobody has it when a server restarts.
    const port = 12_000 + Math.floor(Math.random() * 20_000)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    const probe = createServer()
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => probe.close(resolve))
    return port
  }
}

/** @type {typeof import('./process.mjs').until} */
export async function until(what, condition, timeout = 60_000) {
  const deadline = performance.now() + timeout
  for (let last; ; await sleep(20)) {
    try {
      if (await condition()) return
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`Not within ${timeout} ms: ${what}`, { cause: last })
  }
}

async function retried(spec) {
  for (let tries = 1; ; tries++) {
    try {
      return await started(spec)
    } catch (error) {
      // After a kill the kernel may need a moment to take back the port, the lock and the shared memory.
      if (tries === 10 || !/lock|shared memory|in use/i.test(error.message)) throw error
      await sleep(50 * tries)
    }
  }
}

function started({ command, args, ready, folder, options }) {
  const child = guarded(command, args, { cwd: folder, ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let [output, isReady] = ['', false]
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${command} was not ready within 30 s:\n${output.slice(-4000)}`))
    }, 30_000)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearTimeout(late)
      if (!isReady)
        reject(new Error(`${command} ended with ${code ?? signal} before it was ready:\n${output.slice(-4000)}`))
    })
    const read = (text) => {
      // Read on after that, or a full pipe would stop the server.
      if (isReady) return
      output += text
      isReady = ready.test(output)
      if (!isReady) return
      clearTimeout(late)
      resolve(child)
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read)
  })
}

/** The process and what it started, parents first. */
function family(pid) {
  if (!existsSync('/proc/self/stat')) return [pid]
  const parents = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // "pid (name) state parent ...", where the name may hold spaces and brackets.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It ended meanwhile.
    }
  }
  const found = [pid]
  for (const parent of found) for (const [child, of] of parents) if (of === parent) found.push(child)
  return found
}

function send(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

let hooked = false
function hookExit() {
  if (hooked) return
  hooked = true
  process.on('exit', () => {
    for (const { pid } of children) if (pid) for (const one of family(pid)) send(one, 'SIGKILL')
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    // Whoever else listens (vitest does) decides when to end; alone, a listener would keep the process from ending.
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code)
    })
  }
}
