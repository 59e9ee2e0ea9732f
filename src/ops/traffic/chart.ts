import { html } from 'ghtml'
import { table } from '../page.ts'
import { counted, number } from '../times.ts'
import { KINDS, type Kind, type Slot } from './kinds.ts'
import type { Range } from './ranges.ts'

/** Heights are in pixels, and widths in percent of the window, so that the labels keep their size in a narrow one. */
const HEIGHT = 200
const TOP = 12
const BOTTOM = 26
const SPAN = HEIGHT - TOP - BOTTOM
const WIDTH = 100
/** Part of its slot that a bar takes. */
const BAR = 0.85
/** Pixels between the labels of the scale and the bars. */
const GAP = 8
/** The last label is that of the last slot. One before it needs this part of the room between two labels. */
const ROOM_FOR_LAST = 0.8
/** Two have stripes, so that colour isn't the only difference; the others differ in brightness. */
const FILLS: Readonly<Record<Kind, string>> = {
  updated: 'class="updated"',
  read: 'class="read"',
  refused: 'fill="url(#refused)"',
  failed: 'fill="url(#failed)"'
}

/** A chart of the updates that ended in each slot of a range, with its legend and the same as a table. */
export function chart(slots: readonly Slot[], range: Range): string {
  const greatest = Math.max(...slots.map(sumOf))
  if (greatest === 0) return html`<p class="empty">No update has ended in ${range.words}.</p>`
  const top = roundedUp(greatest)
  const step = WIDTH / slots.length
  const bars = slots.map((slot, index) => bar(slot, range, index * step, step, top))
  const lines = [0, top / 2, top].map((value) => {
    const y = TOP + SPAN - (value / top) * SPAN
    return html`<line x1="0" x2="100%" y1="${y}" y2="${y}" /><text x="${-GAP}" y="${y + 4}" text-anchor="end"
        >${number(value)}</text
      >`
  })
  return html`<figure>
    <svg class="chart" height="${HEIGHT}" role="img" aria-label="${summary(slots, range)}">
      <defs>
        !${pattern('refused', 'M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2')}
        !${pattern('failed', 'M0,0 l6,6 M0,6 l6,-6')}
      </defs>
      <g class="scale">!${lines} !${marks(slots, range)}</g>
      !${bars}
    </svg>
    <figcaption>!${legend(slots)}</figcaption>
    !${asTable(slots, range)}
  </figure>`
}

function marks(slots: readonly Slot[], { markEvery, mark }: Range): string[] {
  const { length } = slots
  return slots.flatMap(({ at }, index) => {
    const isLast = index === length - 1
    const isMarked = index % markEvery === 0 && length - index > markEvery * ROOM_FOR_LAST
    if (!isMarked && !isLast) return []
    const x = isLast ? WIDTH : (index / length) * WIDTH
    return [
      html`<text x="${x.toFixed(1)}%" y="${HEIGHT - GAP}" text-anchor="${isLast ? 'end' : 'start'}"
        >${mark(at)}</text
      >`
    ]
  })
}

function bar(slot: Slot, { name }: Range, x: number, step: number, top: number): string {
  let y = TOP + SPAN
  const bars = KINDS.flatMap((kind) => {
    if (slot[kind] === 0) return []
    const height = Math.max(1, (slot[kind] / top) * SPAN)
    y -= height
    const across = `x="${x.toFixed(2)}%" width="${(step * BAR).toFixed(2)}%"`
    return [html`<rect !${FILLS[kind]} !${across} y="${y.toFixed(1)}" height="${height.toFixed(1)}" />`]
  })
  if (bars.length === 0) return ''
  return html`<g>
    <title>${name(slot.at)} UTC: ${KINDS.map((kind) => `${number(slot[kind])} ${kind}`).join(', ')}</title>
    !${bars}
  </g>`
}

function pattern(kind: Kind, path: string): string {
  return html`<pattern id="${kind}" width="6" height="6" patternUnits="userSpaceOnUse">
    <rect class="ground-${kind}" width="6" height="6" />
    <path class="stripes" d="${path}" />
  </pattern>`
}

function legend(slots: readonly Slot[]): string {
  const entries = KINDS.map(
    (kind) =>
      html`<li>
        <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
          <rect !${FILLS[kind]} width="16" height="16" />
        </svg>
        ${kind}: ${number(totalOf(slots, kind))}
      </li>`
  )
  return html`<ul class="legend">
    !${entries}
  </ul>`
}

function asTable(slots: readonly Slot[], { by, name }: Range): string {
  const rows = slots
    .filter((slot) => sumOf(slot) > 0)
    .toReversed()
    .map(
      (slot) =>
        html`<tr>
          <th scope="row">${name(slot.at)}</th>
          !${KINDS.map((kind) => html`<td class="number">${number(slot[kind])}</td>`)}
        </tr>`
    )
  return html`<details id="slots">
    <summary>The same as a table</summary>
    <p>Times in which nothing ended are left out.</p>
    !${table(`Updates that ended, ${by}, newest first`, ['From (UTC)', ...KINDS], rows)}
  </details>`
}

function summary(slots: readonly Slot[], { words, by, name }: Range): string {
  const totals = KINDS.map((kind) => `${number(totalOf(slots, kind))} ${kind}`).join(', ')
  const most = slots.reduce((one, other) => (sumOf(other) > sumOf(one) ? other : one))
  return `Updates that ended in ${words}, ${by}: ${totals}. Most, ${counted(sumOf(most), 'update')}, at ${name(most.at)} UTC.`
}

function totalOf(slots: readonly Slot[], kind: Kind): number {
  return slots.reduce((sum, slot) => sum + slot[kind], 0)
}

function sumOf(slot: Slot): number {
  return KINDS.reduce((sum, kind) => sum + slot[kind], 0)
}

/** The next of 2, 4, 10, 20, 40, 100 and so on, so that its half is whole. */
function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return (
    [0.2, 0.4, 1, 2, 4, 10].map((factor) => factor * power).find((top) => top >= value && top >= 2) ?? value
  )
}
