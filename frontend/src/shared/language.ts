/** The page's language, and numbers as it writes them. Without its texts the page is English. */

/** What Django's catalogue of texts, a script that the page loads before its module, leaves behind. */
export interface Catalogue {
  gettext(message: string): string;
  ngettext(one: string, many: string, count: number): string;
  pgettext(context: string, message: string): string;
}

export const catalogue = (globalThis as { readonly django?: Catalogue }).django;

const language = catalogue === undefined ? "en" : document.documentElement.lang;

const formats = new Map<number, Intl.NumberFormat>();

/** The number with so many decimals and a minus that is one; ungrouped, so that it can be typed back. */
export function formatNumber(value: number, decimals = 0): string {
  let format = formats.get(decimals);
  if (format === undefined) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    format = new Intl.NumberFormat(language, { ...digits, useGrouping: false });
    formats.set(decimals, format);
  }
  // Rounded by its exact binary value, as Python rounds it, and -0 made 0.
  return format.format(Number(value.toFixed(decimals)) + 0).replace("-", "\u2212");
}
