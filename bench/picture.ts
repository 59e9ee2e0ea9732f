import type { Results } from './table.ts'

const WIDTH = 720
const BAR = 24
const LEFT = 250
const SPAN = WIDTH - LEFT - 110

/** Draws how many leads a second reach VICIdial, one lead a request, as bars. */
export function draw(results: Results): string {
  const bars = results.singleLeads.flatMap(({ callers, gatewayPerSecond, directPerSecond, ratio }, index) => [
    ...(index === 0 ? [{ label: 'one update_lead a lead', value: directPerSecond, note: '' }] : []),
    {
      label: `through the gateway, ${callers} callers`,
      value: gatewayPerSecond,
      note: ` (×${ratio.toFixed(1)})`
    }
  ])
  const greatest = Math.max(...bars.map(({ value }) => value))
  const rows = bars.map(({ label, value, note }, index) => {
    const y = 56 + index * (BAR + 14)
    const width = Math.max(2, (value / greatest) * SPAN)
    const text = y + BAR / 2 + 5
    return [
      `<text x="${LEFT - 10}" y="${text}" text-anchor="end">${label}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3" fill="${index === 0 ? '#9aa5b1' : '#2f7d5b'}"/>`,
      `<text x="${(LEFT + width + 8).toFixed(1)}" y="${text}">${value.toFixed(0)}${note}</text>`
    ].join('\n')
  })
  const height = 56 + bars.length * (BAR + 14) + 10
  const style = 'font: 14px system-ui, sans-serif; fill: #24292f'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Leads a second">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<g style="${style}">
<text x="16" y="30" style="font-weight: 600">Leads a second, one lead a request, four change sets</text>
${rows.join('\n')}
</g>
</svg>
`
}
