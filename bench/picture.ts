import type { Results } from './table.ts'

const WIDTH = 720
const TITLE = 44
const BAR = 24
const STEP = BAR + 14
const LEFT = 270
const SPAN = WIDTH - LEFT - 130

interface Bar {
  readonly label: string
  readonly value: number
  readonly note: string
  /** Whether it is not the gateway's. */
  readonly isOther: boolean
}

/** Draws what a request costs, and how many leads a second reach VICIdial with one lead a request, as bars. */
export function draw({ costs, singleLeads }: Results): string {
  const ofCosts = costs.map(({ name, ratio }) => ({
    label: name,
    value: ratio,
    note: ratio.toFixed(1),
    isOther: false
  }))
  const ofLeads = singleLeads.flatMap(({ callers, gatewayPerSecond, directPerSecond, ratio }, index) => [
    ...(index === 0
      ? [
          {
            label: 'one update_lead a lead',
            value: directPerSecond,
            note: directPerSecond.toFixed(0),
            isOther: true
          }
        ]
      : []),
    {
      label: `through the gateway, ${callers} callers`,
      value: gatewayPerSecond,
      note: `${gatewayPerSecond.toFixed(0)} (×${ratio.toFixed(1)})`,
      isOther: false
    }
  ])
  const first = chart('CPU time of a request, times that of a bare Fastify route', ofCosts, 0)
  const second = chart('Leads a second, one lead a request, four change sets', ofLeads, first.end)
  const style = 'font: 14px system-ui, sans-serif; fill: #24292f'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${second.end}" role="img" aria-label="Cost of a request, and leads a second">
<rect width="${WIDTH}" height="${second.end}" fill="#ffffff"/>
<g style="${style}">
${first.drawing}
${second.drawing}
</g>
</svg>
`
}

function chart(title: string, bars: readonly Bar[], top: number): { drawing: string; end: number } {
  const greatest = Math.max(...bars.map(({ value }) => value))
  const rows = bars.map(({ label, value, note, isOther }, index) => {
    const y = top + TITLE + index * STEP
    const width = Math.max(2, (value / greatest) * SPAN)
    const text = y + BAR / 2 + 5
    return [
      `<text x="${LEFT - 10}" y="${text}" text-anchor="end">${label}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3" fill="${isOther ? '#9aa5b1' : '#2f7d5b'}"/>`,
      `<text x="${(LEFT + width + 8).toFixed(1)}" y="${text}">${note}</text>`
    ].join('\n')
  })
  const heading = `<text x="16" y="${top + 30}" style="font-weight: 600">${title}</text>`
  return { drawing: [heading, ...rows].join('\n'), end: top + TITLE + bars.length * STEP + 10 }
}
