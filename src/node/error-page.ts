import { SessionError } from '../core/errors.js'
import { isMistake, pageOf, statusOfError } from '../edge/public-error.js'
import type { NodeResponseLike } from '../edge/response.js'

/** Answers an error where no framework does. */
export function sendPage(res: NodeResponseLike, error: unknown): void {
  if (!(error instanceof SessionError) || isMistake(error)) console.error(error)
  if (res.headersSent) return
  res.statusCode = statusOfError(error)
  res.setHeader('content-type', 'application/json')
  ;(res as NodeResponseLike & { end(body: string): unknown }).end(JSON.stringify(pageOf(error)))
}
