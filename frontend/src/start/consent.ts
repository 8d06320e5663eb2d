/** The page of consent: who was here before and agrees goes on as the same player, though their session has ended. */
import { openStore } from "../play/store";
import { pressHeldKeysOnce } from "../shared/heldKeys";

async function bringTicket(field: HTMLInputElement): Promise<void> {
  const store = await openStore();
  field.value = await store.ticket();
}

pressHeldKeysOnce();
const field = document.querySelector<HTMLInputElement>("input[name=ticket]");
if (field !== null) {
  bringTicket(field).catch((error: unknown) => {
    // Whoever agrees is a new player then.
    console.info("no ticket can be read:", error);
  });
}
