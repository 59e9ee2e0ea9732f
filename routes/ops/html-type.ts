/** Of every page. */
export const HTML_TYPE = 'text/html; charset=utf-8'
