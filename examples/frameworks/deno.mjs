//   deno add npm:zession npm:zod && deno run --allow-net --allow-env deno.mjs
import { handler } from './handler.mjs'

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, handler)
