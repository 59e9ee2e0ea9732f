/** Whether the day of a time is one: JavaScript takes the 30th of February for the 2nd of March. */
export function isDay(time: string): boolean {
  const [year = 0, month = 0, day = 0] = time.slice(0, 'YYYY-MM-DD'.length).split('-').map(Number)
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
}
