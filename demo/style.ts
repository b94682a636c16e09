import { createHash } from 'node:crypto'
import { type H3, HTTPResponse } from 'h3-v2'
import { stylesheet } from './stylesheet.js'

/** Named by its content, so that a browser may keep it for ever and still sees every change. */
export const stylesheetPath = `/style-${createHash('sha256').update(stylesheet).digest('hex').slice(0, 12)}.css`

export function addStylesheet(app: H3): void {
  app.get(stylesheetPath, () => {
    const headers = {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    }
    return new HTTPResponse(stylesheet, { headers })
  })
}
