/** The page of consent: who was here before and agrees goes on as the same player, though their session has ended. */
import { openStore } from "../play/store";
import { byTouch } from "../shared/touch";
import { pressHeldKeysOnce } from "../shared/heldKeys";

async function bringTicket(field: HTMLInputElement): Promise<void> {
  const store = await openStore();
  field.value = await store.ticket();
}

/** Tells whose device does not do, before they agree; where the window is too small, until it is large enough. */
function checkDevice(notice: HTMLElement, form: HTMLElement): void {
  const { leastWidth, leastHeight, touch } = notice.dataset;
  const can = document.createElement("canvas").getContext("webgl2") !== null && (touch !== "no" || !byTouch());
  const check = () => {
    const fits = window.innerWidth >= Number(leastWidth) && window.innerHeight >= Number(leastHeight);
    notice.hidden = can && fits;
    form.hidden = !notice.hidden;
  };
  window.addEventListener("resize", check);
  check();
}

pressHeldKeysOnce();
const [notice, form] = [".device", ".agree"].map((part) => document.querySelector<HTMLElement>(part));
if (notice != null && form != null) checkDevice(notice, form);
const field = document.querySelector<HTMLInputElement>("input[name=ticket]");
if (field !== null) {
  bringTicket(field).catch((error: unknown) => {
    // Whoever agrees is a new player then.
    console.info("no ticket can be read:", error);
  });
}
