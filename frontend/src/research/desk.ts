/**
 * The researchers' pages, which are the server's: htmx keeps moving numbers fresh, and the little that a page does by
 * itself. Nothing of it needs more than the content security policy allows: no evaluation, no inline style.
 */
import htmx from "htmx.org";

htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.includeIndicatorStyles = false;
// What a page shows of people is kept in no storage of the browser.
htmx.config.historyCacheSize = 0;
htmx.config.selfRequestsOnly = true;

const COPIED_MS = 2000;

/** Copies the text of a field, and says so. */
async function copy(button: HTMLButtonElement): Promise<void> {
  const field = document.getElementById(button.dataset["copy"] ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  field.select();
  // Without HTTPS browsers have no clipboard: the text is selected, at least.
  if (!("clipboard" in navigator)) return;
  await navigator.clipboard.writeText(field.value);
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = before), COPIED_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button === null) return;
  if (button.dataset["copy"] !== undefined) void copy(button);
  const name = button.dataset["tickAll"];
  if (name !== undefined) {
    const boxes = button.form?.querySelectorAll<HTMLInputElement>(`input[type=checkbox][name=${name}]`) ?? [];
    const all = [...boxes].every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  }
  if (button.dataset["ask"] !== undefined && !confirm(button.dataset["ask"])) event.preventDefault();
});

// On a phone the tabs are wider than the window.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Filters are followed as they are chosen; what is typed waits for the button.
document.addEventListener("change", (event) => {
  const form = event.target instanceof HTMLSelectElement ? event.target.form : null;
  if (form?.dataset["filters"] !== undefined) form.requestSubmit();
});

// A part of the page that is put in anew keeps what was unfolded in it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.target;
  if (!(target instanceof Element)) return;
  const open = [...target.querySelectorAll("details[open]")].map(({ id }) => id);
  const restore = () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  };
  document.addEventListener("htmx:afterSwap", restore, { once: true });
});

/** Shows an empty row of a list, the one that waits there or a new one. */
function addRow(rows: HTMLElement): void {
  const waiting = rows.querySelector<HTMLElement>(":scope > [data-new][hidden]");
  const row = waiting ?? newRow(rows);
  if (row === null) return;
  row.hidden = false;
  row.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
}

function newRow(rows: HTMLElement): HTMLElement | null {
  const template = rows.querySelector<HTMLTemplateElement>(":scope > template");
  const total = rows.querySelector<HTMLInputElement>("input[name$='-TOTAL_FORMS']");
  if (template === null || total === null) return null;
  const number = total.value;
  total.value = String(Number(number) + 1);
  const made = document.importNode(template.content, true);
  for (const element of made.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes])
      element.setAttribute(name, value.replaceAll("__prefix__", number));
  }
  const row = made.querySelector<HTMLElement>("fieldset");
  template.before(made);
  return row;
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-add-row]") : null;
  const rows = button?.closest<HTMLElement>("[data-rows]");
  if (rows) addRow(rows);
});

// Rows to fill in wait until they are asked for; without this program they stand there.
const TYPED = "input:not([type=hidden], [type=checkbox]), textarea, select";
for (const row of document.querySelectorAll<HTMLElement>("[data-new]")) {
  const fields = [...row.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(TYPED)];
  row.hidden = fields.every(({ value }) => value === "") && row.querySelector("input:checked") === null;
}
