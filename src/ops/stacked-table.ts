import { html } from 'ghtml'

/** A column: its name, and the class of its cells. */
export type Column = string | readonly [name: string, kind: 'number' | 'prose']

/**
 * A table whose rows become lists in a narrow window, with the name of the column before each value. The roles keep it a
 * table for screen readers.
 * @param rows the cells as HTML; the first one names its row
 */
export function stackedTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[]
): string {
  const head = columns.map((column) => html`<th scope="col" role="columnheader">${nameOf(column)}</th>`)
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="stacked" role="table">
      <caption>
        ${caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          !${head}
        </tr>
      </thead>
      <tbody role="rowgroup">
        !${rows.map(
          (row) =>
            html`<tr role="row">
              !${row.map((content, index) => cell(content, index, columns[index]))}
            </tr>`
        )}
      </tbody>
    </table>
  </div>`
}

function cell(content: string, index: number, column: Column = ''): string {
  if (index === 0) return html`<th scope="row" role="rowheader">!${content}</th>`
  const kind = typeof column === 'string' ? '' : column[1]
  const classes = [kind, content === '' ? 'blank' : ''].filter((name) => name !== '').join(' ')
  return html`<td role="cell" class="${classes}" data-column="${nameOf(column)}"><div>!${content}</div></td>`
}

function nameOf(column: Column): string {
  return typeof column === 'string' ? column : column[0]
}
