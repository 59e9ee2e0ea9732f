import { readMoment } from './store-date.ts'

const NO_TIME = '00:00:00'
const HOURS_OF_DAY = 24
const MAX_HOURS = 838
/** A date with a time after it: then only the time counts. */
const MOMENT = /^\s*(?=.{12})\d+[^\d\sT]\d+[^\d\sT]\d+(?:T|\s+)\d/

/** `2 10:30:00`: the days only with hours after them. */
const DAYS = /^(?:(\d+)\s+(?=\d.))?/

/** What a `time` column holds of a text, with an empty `sql_mode`. */
export function storeTime(text: string): string {
  const [start, sign] = /^\s*([+-]?)/.exec(text) ?? ['']
  const rest = text.slice(start.length)
  const moment = MOMENT.test(text) ? readMoment(text) : undefined
  if (moment !== undefined) return moment.date === undefined ? NO_TIME : show(sign === '-', moment.time)
  const [, days] = DAYS.exec(rest) ?? []
  const isClock = days !== undefined || /^\d+:\d/.test(rest)
  const clock = rest.replace(DAYS, '')
  const parts = isClock ? readClock(clock) : readNumber(clock)
  const [hours = 0, ...others] = parts.map(Number)
  if (others.some((part) => part > 59)) return NO_TIME
  return show(sign === '-', [hours + Number(days ?? 0) * HOURS_OF_DAY, ...others])
}

function readClock(text: string): string[] {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^(\d+)(?::(\d+))?(?::(\d+))?/.exec(text) ?? []
  return [hours, minutes, seconds]
}

/** Digits are read from the right: `1030` is ten minutes and thirty seconds. */
function readNumber(text: string): string[] {
  const digits = (/^\d*/.exec(text)?.[0] ?? '').padStart(6, '0')
  return [digits.slice(0, -4), digits.slice(-4, -2), digits.slice(-2)]
}

function show(isNegative: boolean, [hours = 0, minutes = 0, seconds = 0]: readonly number[]): string {
  const parts = hours > MAX_HOURS ? [MAX_HOURS, 59, 59] : [hours, minutes, seconds]
  const time = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return isNegative && time !== NO_TIME ? `-${time}` : time
}
