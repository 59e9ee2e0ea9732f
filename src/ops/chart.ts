import { html } from 'ghtml'
import { KINDS, type Kind, type Minute } from './last-hour.ts'
import { table } from './page.ts'
import { counted, number, timeOfDay } from './times.ts'

const WIDTH = 720
const HEIGHT = 200
const LEFT = 52
const TOP = 12
const BOTTOM = 26
const SPAN = HEIGHT - TOP - BOTTOM
/** Minutes between two time labels. */
const MARK_EVERY = 15
/** Two have stripes, so that colour isn't the only difference; the others differ in brightness. */
const FILLS: Readonly<Record<Kind, string>> = {
  updated: 'class="updated"',
  read: 'class="read"',
  refused: 'fill="url(#refused)"',
  failed: 'fill="url(#failed)"'
}

/** A chart of the updates that ended in each minute of the last hour, with its legend and the same as a table. */
export function chart(minutes: readonly Minute[]): string {
  const greatest = Math.max(...minutes.map(sumOf))
  if (greatest === 0) return html`<p class="empty">No update has ended in the last hour.</p>`
  const top = roundedUp(greatest)
  const step = (WIDTH - LEFT) / minutes.length
  const bars = minutes.map((minute, index) => bar(minute, LEFT + index * step, step, top))
  const marks = minutes.flatMap(({ at }, index) => {
    const isLast = index === minutes.length - 1
    if (index % MARK_EVERY !== 0 && !isLast) return []
    const x = isLast ? WIDTH : LEFT + index * step
    return [
      html`<text x="${x.toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${isLast ? 'end' : 'start'}"
        >${timeOfDay(at)}</text
      >`
    ]
  })
  const lines = [0, top / 2, top].map((value) => {
    const y = TOP + SPAN - (value / top) * SPAN
    return html`<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" /><text
        x="${LEFT - 8}"
        y="${y + 4}"
        text-anchor="end"
        >${number(value)}</text
      >`
  })
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary(minutes)}">
      <defs>
        !${pattern('refused', 'M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2')}
        !${pattern('failed', 'M0,0 l6,6 M0,6 l6,-6')}
      </defs>
      <g class="scale">!${lines} !${marks}</g>
      !${bars}
    </svg>
    <figcaption>!${legend(minutes)}</figcaption>
    !${asTable(minutes)}
  </figure>`
}

function bar(minute: Minute, x: number, step: number, top: number): string {
  let y = TOP + SPAN
  const bars = KINDS.flatMap((kind) => {
    if (minute[kind] === 0) return []
    const height = Math.max(1, (minute[kind] / top) * SPAN)
    y -= height
    const geometry = `x="${(x + 1).toFixed(1)}" y="${y.toFixed(1)}" width="${(step - 2).toFixed(1)}" height="${height.toFixed(1)}"`
    return [html`<rect !${FILLS[kind]} !${geometry} />`]
  })
  if (bars.length === 0) return ''
  return html`<g>
    <title>
      ${timeOfDay(minute.at)} UTC: ${KINDS.map((kind) => `${number(minute[kind])} ${kind}`).join(', ')}
    </title>
    !${bars}
  </g>`
}

function pattern(kind: Kind, path: string): string {
  return html`<pattern id="${kind}" width="6" height="6" patternUnits="userSpaceOnUse">
    <rect class="ground-${kind}" width="6" height="6" />
    <path class="stripes" d="${path}" />
  </pattern>`
}

function legend(minutes: readonly Minute[]): string {
  const entries = KINDS.map(
    (kind) =>
      html`<li>
        <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
          <rect !${FILLS[kind]} width="16" height="16" />
        </svg>
        ${kind}: ${number(totalOf(minutes, kind))}
      </li>`
  )
  return html`<ul class="legend">
    !${entries}
  </ul>`
}

function asTable(minutes: readonly Minute[]): string {
  const rows = minutes
    .filter((minute) => sumOf(minute) > 0)
    .toReversed()
    .map(
      (minute) =>
        html`<tr>
          <th scope="row">${timeOfDay(minute.at)}</th>
          !${KINDS.map((kind) => html`<td class="number">${number(minute[kind])}</td>`)}
        </tr>`
    )
  return html`<details id="minutes">
    <summary>The same as a table</summary>
    <p>Minutes in which nothing ended are left out.</p>
    !${table('Updates that ended, by the minute, newest first', ['Minute (UTC)', ...KINDS], rows)}
  </details>`
}

function summary(minutes: readonly Minute[]): string {
  const totals = KINDS.map((kind) => `${number(totalOf(minutes, kind))} ${kind}`).join(', ')
  const most = minutes.reduce((one, other) => (sumOf(other) > sumOf(one) ? other : one))
  return `Updates that ended in each of the last 60 minutes: ${totals}. Most, ${counted(sumOf(most), 'update')}, at ${timeOfDay(most.at)} UTC.`
}

function totalOf(minutes: readonly Minute[], kind: Kind): number {
  return minutes.reduce((sum, minute) => sum + minute[kind], 0)
}

function sumOf(minute: Minute): number {
  return KINDS.reduce((sum, kind) => sum + minute[kind], 0)
}

/** The next of 2, 4, 10, 20, 40, 100 and so on, so that its half is whole. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return (
    [0.2, 0.4, 1, 2, 4, 10].map((factor) => factor * power).find((top) => top >= value && top >= 2) ?? value
  )
}
