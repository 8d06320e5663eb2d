/** A visit to a task that is answered: who the visitor is, what they answer, and the way on to what comes next. */
import { newIdentifier } from "../game/events";
import { openStore, type Store } from "../play/store";
import { ApiError, join, post } from "../shared/api";
import { pages } from "../viewing/api";
import { AnswerQueue } from "./queue";
import { openAnswerStore, type Answer, type AnswerStore } from "./store";

export class Visit {
  readonly queue: AnswerQueue;
  /** The participant's pseudonym. */
  private player = "";

  constructor(
    readonly study: string,
    readonly store: AnswerStore,
    private readonly tickets: Pick<Store, "ticket" | "keepTicket">,
  ) {
    this.queue = new AnswerQueue(store, (answer, keepalive) => this.send(answer, keepalive));
    this.listen();
  }

  static async begin(study: string): Promise<Visit> {
    return new Visit(study, await openAnswerStore(), await openStore());
  }

  /** Says who the visitor is, and sends what earlier visits have left. */
  async arrive(): Promise<void> {
    await this.join();
    await this.queue.load(this.player);
    await this.queue.flush();
  }

  /** Takes an answer, which is sent in the background. */
  async answer(id: string, address: string, body: unknown): Promise<void> {
    await this.queue.add({ id, study: this.study, player: this.player, address, body });
  }

  /** Goes on to what comes next, once the server has all answers. */
  async leave(): Promise<void> {
    await this.queue.flush();
    // The server leads on from there.
    window.location.replace(pages.play(this.study));
  }

  private async join(): Promise<void> {
    const ticket = await this.tickets.ticket().catch(() => "");
    const participant = await join(this.study, ticket, newIdentifier());
    this.player = participant.participant;
    await this.tickets.keepTicket(participant.ticket).catch(() => undefined);
  }

  /** Sends an answer. Where the session has ended, the ticket brings the participant back, and nobody notices. */
  private async send({ address, body, player }: Answer, keepalive = false): Promise<void> {
    try {
      await post(this.study, address, body, keepalive);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "not_joined") throw error;
      await this.join();
      if (this.player !== player) throw error;
      await post(this.study, address, body, keepalive);
    }
  }

  private listen(): void {
    window.addEventListener("online", () => this.queue.hurry());
    window.addEventListener("pagehide", () => this.queue.sendBeforeUnload());
    window.addEventListener("beforeunload", (event) => {
      if (this.queue.onlyInMemory) event.preventDefault();
    });
  }
}
