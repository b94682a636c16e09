import { type Html, html } from '../html.js'

/** A moment in universal time, readable for people and, in the attribute, for machines. */
export function formatTime(date: Date): Html {
  const iso = date.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}
