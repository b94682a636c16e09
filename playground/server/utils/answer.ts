import type { H3Event } from 'h3'

/** A form is sent on to a page; a script gets what there is. */
export function answer<T>(event: H3Event, next: unknown, value: T): Promise<void> | T {
  if (getHeader(event, 'accept')?.includes('text/html')) return sendRedirect(event, localPath(next), 303)
  return value
}
