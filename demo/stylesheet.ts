/** The demo's one stylesheet. Two themes, chosen by `data-theme`; text on every surface has a contrast above 4.5 to 1. */
export const stylesheet = `
:root {
  color-scheme: light;
  --back: #f6f6f3; --surface: #ffffff; --text: #1b1e21; --muted: #565d65; --line: #d8dbd6; --field: #7a828a;
  --accent: #0b5d57; --accent-strong: #084640; --on-accent: #ffffff;
  --good: #e2f2ee; --good-line: #0b5d57; --bad: #fdeaea; --bad-line: #a61b1b;
}
[data-theme='dark'] {
  color-scheme: dark;
  --back: #14171a; --surface: #1d2226; --text: #e9ebed; --muted: #a9b1b9; --line: #363d44; --field: #8b949d;
  --accent: #63d2c6; --accent-strong: #8ee3d9; --on-accent: #06211e;
  --good: #12302d; --good-line: #63d2c6; --bad: #3a1a1c; --bad-line: #ff8f8f;
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column;
  background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: 0.2em; }
a:hover { color: var(--accent-strong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; padding: 0.5rem; background: var(--surface); z-index: 1; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

body > header { background: var(--surface); border-bottom: 1px solid var(--line); }
.bar, main { width: 100%; max-width: 58rem; margin: 0 auto; padding-inline: 1.25rem; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; padding-block: 0.6rem; }
.brand { font-weight: 700; font-size: 1.15rem; color: var(--text); text-decoration: none; }
.brand span { color: var(--muted); font-weight: 400; }
nav { display: flex; gap: 0.25rem; margin-inline: -0.6rem; }
nav a { display: inline-flex; align-items: center; gap: 0.35rem; padding: 0.45rem 0.6rem; border-radius: 6px; color: var(--text); text-decoration: none; }
nav a:hover { background: var(--back); }
nav a[aria-current] { color: var(--accent); font-weight: 600; box-shadow: inset 0 -2px var(--accent); border-radius: 0; }
.count { min-width: 1.5em; padding: 0 0.4em; border-radius: 1em; background: var(--accent); color: var(--on-accent); font-size: 0.8rem; font-weight: 600; text-align: center; position: relative; }
.who { display: flex; align-items: center; gap: 0.75rem; margin-left: auto; }
.who .name { max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
main { flex: 1; padding-block: 1.75rem 3rem; }
footer { background: var(--surface); color: var(--muted); font-size: 0.875rem; border-top: 1px solid var(--line); }

h1 { margin: 0 0 0.5rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2rem 0 0.6rem; font-size: 1.25rem; line-height: 1.3; }
.lead { margin-top: 0; max-width: 40rem; color: var(--muted); font-size: 1.075rem; }
.help { margin: 0; color: var(--muted); font-size: 0.9rem; max-width: 46rem; }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
.card, .facts, .scroll, .lines { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: 1.25rem; }
.notice { margin: 0 0 1.5rem; padding: 0.7rem 1rem; background: var(--good); border-left: 4px solid var(--good-line); border-radius: 4px; }
.notice.error { background: var(--bad); border-color: var(--bad-line); }
.notice p { margin: 0; font-weight: 600; }
.notice ul { margin: 0.25rem 0 0; padding-left: 1.2rem; }
.try { padding-left: 1.2rem; max-width: 42rem; }
.try li { margin-block: 0.35rem; }

form { margin: 0; }
button, .button {
  display: inline-block; min-height: 2.5rem; padding: 0.45rem 1rem; border: 1px solid var(--accent); border-radius: 7px;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-strong); border-color: var(--accent-strong); color: var(--on-accent); }
button.quiet, .button.quiet { background: transparent; border-color: var(--field); color: var(--text); font-weight: 500; }
button.quiet:hover, .button.quiet:hover { background: var(--back); border-color: var(--accent); color: var(--text); }
.who button { min-height: 2.1rem; padding: 0.2rem 0.7rem; font-size: 0.9rem; }
.stack { display: grid; gap: 0.6rem; max-width: 26rem; }
.stack button { justify-self: start; margin-top: 0.4rem; }
label { font-weight: 600; }
input { width: 100%; min-height: 2.6rem; padding: 0.4rem 0.7rem; border: 1px solid var(--field); border-radius: 7px; background: var(--back); color: var(--text); font: inherit; }
input[aria-invalid] { border: 2px solid var(--bad-line); }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); margin: 1.25rem 0; overflow: hidden; }
.facts div { padding: 0.8rem 1.1rem; box-shadow: 1px 1px var(--line); }
.facts dt { color: var(--muted); font-size: 0.875rem; }
.facts dd { margin: 0; font-weight: 600; }
.products { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: 1rem; margin: 1.25rem 0 0; padding: 0; list-style: none; }
.products li { display: flex; flex-direction: column; }
.products h2 { margin: 0; font-size: 1.1rem; }
.products p { margin: 0.25rem 0 0; color: var(--muted); }
.products .price { display: flex; justify-content: space-between; align-items: baseline; margin-top: auto; padding-block: 0.9rem 0.8rem; color: var(--text); font-size: 1.15rem; }
.products button { width: 100%; }
.products .help { font-weight: 500; }
.price { font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.lines { margin: 1.25rem 0 0; padding: 0; list-style: none; }
.lines li { display: grid; grid-template-columns: 1fr auto 6rem auto; gap: 0.5rem 1.25rem; align-items: center; padding: 0.8rem 1.1rem; }
.lines li + li { border-top: 1px solid var(--line); }
.lines.logins li { grid-template-columns: 1fr auto; }
.lines .what { font-weight: 600; }
.lines .help { font-weight: 400; }
.lines + form { margin-top: 1.25rem; }
.lines .price { text-align: right; }
.steps { display: flex; align-items: center; gap: 0.25rem; }
.steps button { width: 2.5rem; padding: 0; font-size: 1.1rem; }
.quantity { min-width: 2.5rem; text-align: center; font-variant-numeric: tabular-nums; }
.total { display: flex; justify-content: space-between; padding: 0 1.1rem; font-size: 1.2rem; }

code, pre { font-family: ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', monospace; font-size: 0.9em; }
pre { margin: 0; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.6rem 1.1rem; text-align: left; vertical-align: top; white-space: nowrap; }
thead th { color: var(--muted); font-size: 0.875rem; font-weight: 500; }
tbody tr { border-top: 1px solid var(--line); }
.hex { padding: 1rem 1.1rem; line-height: 1.45; width: max-content; }
@media (max-width: 40rem) {
  .bar, main { padding-inline: 1rem; }
  nav { order: 3; width: 100%; justify-content: space-between; }
  h1 { font-size: 1.6rem; }
  .who .name { max-width: 7rem; }
  .who { gap: 0.5rem; }
  .lines li { grid-template-columns: 1fr auto; }
  .lines li > :nth-child(even) { justify-self: end; }
  .lines .price { text-align: left; }
}
@media (max-width: 26rem) {
  .who .name { display: none; }
}
`
