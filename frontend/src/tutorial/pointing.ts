/** A card that points at a control: the control is marked, and the card stands beside it where the page has room. */

/** How far the arrow stays from the card's corners, in pixels. */
const CORNER = 22;

function seen(selector: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(selector)].find((element) => element.getClientRects().length > 0);
}

/** Where the page scrolls, what is spoken of comes into view: in its row, and in the page. */
function bringIntoView(target: HTMLElement): void {
  const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(document.documentElement);
  const room = window.innerHeight - (parseFloat(scrollPaddingTop) || 0) - (parseFloat(scrollPaddingBottom) || 0);
  // Of what is higher than the place for it, the beginning: the middle of a curve says nothing.
  const block = target.offsetHeight > room ? "start" : "nearest";
  target.scrollIntoView({ block, inline: "nearest" });
  const row = target.closest<HTMLElement>(".row");
  if (row === null) return;
  const [inner, outer] = [target.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += Math.max(0, inner.right - outer.right + CORNER) + Math.min(0, inner.left - outer.left - CORNER);
}

/** Sets how far the card moves down to the height of its target, and where its arrow stands, as CSS variables. */
function moveBeside(card: HTMLElement, target: HTMLElement): void {
  const [moved, other] = [card.getBoundingClientRect(), target.getBoundingClientRect()];
  const column = card.parentElement?.getBoundingClientRect() ?? moved;
  // Where it stands by itself: on its way from one place to another, it is measured somewhere between.
  const top = column.top + card.offsetTop;
  const own = { top, bottom: top + moved.height, height: moved.height, left: moved.left, right: moved.right };
  const middle = other.top + Math.min(other.height, 160) / 2;
  const room = Math.max(0, column.bottom - own.bottom - CORNER);
  const down = Math.min(room, Math.max(0, middle - own.top - own.height / 2));
  const center = other.left + other.width / 2;
  const beside = other.left >= own.right - 1;
  const below = center > own.left + CORNER && center < own.right - CORNER;
  const at = beside ? Math.min(own.height - CORNER, Math.max(CORNER, middle - own.top - down)) : center - own.left;
  card.dataset.arrow = beside ? "right" : below ? "down" : "none";
  card.style.setProperty("--down", `${beside ? down : room}px`);
  card.style.setProperty("--at", `${at}px`);
}

/** Points the card at what the selector finds first, until the function that it returns is called. */
export function pointAt(card: HTMLElement, selector: string | undefined): () => void {
  const target = selector === undefined ? undefined : seen(selector);
  if (target === undefined) {
    delete card.dataset.arrow;
    return () => undefined;
  }
  const again = () => moveBeside(card, target);
  target.dataset.pointed = "";
  bringIntoView(target);
  again();
  const observer = new ResizeObserver(again);
  observer.observe(target);
  observer.observe(card.parentElement ?? card);
  window.addEventListener("resize", again);
  return () => {
    delete target.dataset.pointed;
    observer.disconnect();
    window.removeEventListener("resize", again);
  };
}
