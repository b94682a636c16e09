//   bun add zession zod && bun bun.mjs
import { handler } from './handler.mjs'

Bun.serve({ fetch: handler, port: process.env.PORT ?? 3000 })
