import { CommanderError } from 'commander'
import { SessionConfigError, SessionError } from '../core/errors.js'
import type { Output } from './print.js'
import { createProgram } from './program.js'
import { UsageError } from './usage-error.js'

/** Runs the command line. @returns the exit code */
export async function run(args: readonly string[], output: Output): Promise<number> {
  let exit = 0
  try {
    const program = createProgram(output, (code) => {
      exit = code
    })
    if (args.length === 0) {
      program.outputHelp()
      return 2
    }
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof UsageError) output.error(error.message)
    else if (error instanceof SessionError) output.error(`${error.code}: ${error.message}${causeOf(error)}`)
    else
      output.error(
        `The file could not be loaded, or its code failed: ${error instanceof Error ? error.message : 'something else than an Error was thrown'}`,
      )
    return error instanceof UsageError || error instanceof SessionConfigError || !(error instanceof SessionError)
      ? 2
      : 3
  }
}

function causeOf({ cause }: SessionError): string {
  return cause instanceof Error && cause.message ? ` (${cause.message})` : ''
}
