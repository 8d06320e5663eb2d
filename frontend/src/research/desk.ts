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
