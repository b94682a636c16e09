import { once } from 'node:events'
import { guarded } from './process.mjs'

/** A Node process beside the test, which reports by printing a line of JSON at a time. */
export interface RunningProcess {
  readonly pid: number
  /** What it has reported so far. */
  readonly messages: readonly unknown[]
  /**
   * Ends when it has reported `count` times in all.
   * @throws Error with what it wrote to stderr when it ends before that
   */
  reported(count: number): Promise<void>
  /** kill -9, at once. */
  kill(): void
  readonly ended: Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly errors: string
  readonly messages: readonly unknown[]
}

/** Starts `node script ...args`. It ends with the test run at the latest. */
export function runProcess(
  script: string,
  args: readonly string[] = [],
  options: { env?: Record<string, string>; nodeArgs?: readonly string[] } = {},
): RunningProcess {
  const env = { ...process.env, ...options.env }
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  const child = guarded(process.execPath, [...(options.nodeArgs ?? []), script, ...args], { env, stdio: [...stdio] })
  const messages: unknown[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const check of waiting) check()
  }
  let [rest, errors, over] = ['', '', false]
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    // What a killed process left of its last line is no report.
    rest = lines.pop() ?? ''
    for (const line of lines) messages.push(JSON.parse(line))
    wake()
  })
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    over = true
    wake()
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, errors, messages }
  })
  return {
    pid: child.pid ?? 0,
    messages,
    async reported(count) {
      await new Promise<void>((resolve, reject) => {
        const check = () => {
          if (messages.length < count && !over) return
          waiting.delete(check)
          if (messages.length >= count) resolve()
          else reject(new Error(`${script} ended after ${messages.length} of ${count} reports:\n${errors}`))
        }
        waiting.add(check)
        check()
      })
    },
    kill() {
      child.kill('SIGKILL')
    },
    ended,
  }
}
