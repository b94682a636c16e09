#!/usr/bin/env node
import { standardOutput } from './print.js'
import { run } from './run.js'

// `zession stats | head`: nobody reads the rest, and what the command does is done all the same.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

process.exitCode = await run(process.argv.slice(2), standardOutput)
