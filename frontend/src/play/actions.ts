/** What a player can do, each as the events that the rules know. */
import { effect } from "@preact/signals";
import { filterOf, type Parameters, type Step } from "../game/contract";
import { trajectory } from "../game/rules";
import { GestureMeter } from "./gesture";
import { greyBalance, type Colour } from "./grey";
import type { Session } from "./session";
import { offered, type PlayState } from "./state";
import { COURSE } from "../tutorial/course";

/** Keys pressed within this time are one burst, and one event. */
const BURST_MS = 600;

/** What actions need of a visit. */
export type Recorder = Pick<Session, "isOpen" | "record" | "recordView" | "submit" | "skipPractice">;

export class Actions {
  private burst: ReturnType<typeof setTimeout> | undefined;
  /** Whether the page has lost the focus, or is out of sight. */
  private away = false;

  constructor(
    private readonly state: PlayState,
    private readonly session: Recorder,
    private readonly meter = new GestureMeter(),
  ) {
    // A draft that is dropped, as when a notice comes up, is not committed later.
    effect(() => {
      if (state.draft.value === null) clearTimeout(this.burst);
    });
  }

  /** The step that the cursor stands on, if any, as the game has it. */
  get current(): Step | undefined {
    const { steps, cursor } = this.state.game.value.position;
    return steps[cursor];
  }

  /** Why the picture cannot be handed in, or null. */
  get cannotFinish(): "practice" | "empty" | "unchanged" | null {
    const game = this.state.game.value;
    const practice = this.state.tutorial.value;
    if (practice !== null && !practice.skippable && COURSE[practice.cardIndex]?.last !== true) return "practice";
    const allowed = this.state.study.value?.allow_untouched === true;
    if (allowed || trajectory(game).length > 0 || this.state.draft.value !== null) return null;
    return game.position.steps.length === 0 ? "empty" : "unchanged";
  }

  /** Shows parameters while a control moves. They become an event by `commit`, or when the keys come to rest. */
  preview(parameters: Parameters, byKeys = false): void {
    if (!this.session.isOpen || this.current === undefined) return;
    const { draft } = this.state;
    if (draft.value === null) this.meter.begin();
    this.meter.move(draft.value ?? this.current.parameters, parameters);
    draft.value = parameters;
    this.state.picker.value = "off";
    clearTimeout(this.burst);
    if (byKeys) this.burst = setTimeout(() => this.commit(), BURST_MS);
  }

  /** Makes what the controls show the parameters of the step. */
  commit(): void {
    const { draft } = this.state;
    const step = this.current;
    const parameters = draft.value;
    if (parameters === null) return;
    draft.value = null;
    if (step === undefined || !this.session.isOpen) return;
    const changed = filterOf(step).parameters.some(({ name }) => parameters[name] !== step.parameters[name]);
    if (!changed) return;
    const { gesture } = this.meter;
    this.session.record("adjust", { step: this.cursor, filter: step.filter, parameters, gesture });
  }

  /** A click in the palette: adds the filter as the last step, goes to it where it stands, or replaces with it. */
  choose(slug: string): void {
    if (!this.ready() || !offered(this.state).filters.some((filter) => filter.slug === slug)) return;
    this.state.picker.value = "off";
    const { steps } = this.state.game.value.position;
    const index = steps.findIndex((step) => step.filter === slug);
    if (this.state.replacing.value) {
      if (index === -1) this.replace(slug);
      return;
    }
    if (index !== -1) {
      this.goto(index);
      return;
    }
    if (steps.length === offered(this.state).maximumSteps) return;
    this.goto(steps.length);
    this.session.record("choose", { step: steps.length, filter: slug });
  }

  goto(index: number): void {
    if (!this.begins()) return;
    if (index !== this.cursor) this.session.record("goto", { step: index });
  }

  remove(): void {
    if (!this.begins() || this.current === undefined) return;
    this.session.record("remove", { step: this.cursor });
  }

  reset(): void {
    if (!this.begins() || this.state.game.value.position.steps.length === 0) return;
    this.session.record("reset");
  }

  undo(): void {
    if (!this.begins() || this.state.game.value.past.length === 0) return;
    this.session.record("undo");
  }

  redo(): void {
    if (!this.begins() || this.state.game.value.future.length === 0) return;
    this.session.record("redo");
  }

  /** To the step before or behind the one at the cursor; the place behind the last step is one of them. */
  walk(by: -1 | 1): void {
    const index = this.cursor + by;
    const { length } = this.state.game.value.position.steps;
    if (index >= 0 && index <= Math.min(length, offered(this.state).maximumSteps - 1)) this.goto(index);
  }

  toggleReplacing(): void {
    const replacing = this.state.replacing.value;
    if (this.begins() && this.current !== undefined) this.state.replacing.value = !replacing;
  }

  /** Awaits a click on the photo, on what shall be grey, or no longer. */
  togglePicker(): void {
    const aiming = this.state.picker.value === "aiming";
    if (!this.begins() || this.current?.filter !== "white_balance") return;
    this.state.picker.value = aiming ? "off" : "aiming";
  }

  /** Sets the white balance so that a colour that enters the step becomes grey, as one event. */
  pickGrey(colour: Colour): void {
    if (this.state.picker.value !== "aiming") return;
    const balance = greyBalance(colour);
    if (balance !== null) {
      this.preview(balance.parameters);
      this.commit();
    }
    this.state.picker.value = balance === null ? "dark" : balance.reached ? "grey" : "beyond";
  }

  /** Leaves what was begun with the palette or the picker. */
  cancel(): void {
    this.state.replacing.value = false;
    this.state.picker.value = "off";
  }

  /** Shows the original, as long as a key or button is held. */
  compare(on: boolean): void {
    if (on === this.state.comparing.value || (on && !this.ready())) return;
    this.state.comparing.value = on;
    if (!on) return;
    this.session.record("compare");
    const { tutorial } = this.state;
    if (tutorial.value !== null) tutorial.value = { ...tutorial.value, compared: true };
  }

  /** Splits what is seen into the original on the left and the edited picture, or joins it again. */
  toggleSplit(): void {
    const { split } = this.state;
    if (split.value !== null) split.value = null;
    else if (this.ready()) {
      split.value = 0.5;
      this.session.record("compare");
    }
  }

  /** The page lost or gained the focus, or went out of sight and came back: of the two that tell of it one counts. */
  attend(kind: "blur" | "focus"): void {
    this.compare(false);
    const away = kind === "blur";
    if (away === this.away) return;
    this.away = away;
    if (this.ready()) this.session.record(kind);
  }

  /** The window changed its size. */
  viewChanged(): void {
    if (this.ready()) this.session.recordView();
  }

  /** Opens the last look before the picture is handed in. */
  finish(): void {
    if (this.begins() && this.cannotFinish === null) this.state.dialog.value = "finish";
  }

  async submit(): Promise<void> {
    if (!this.ready() || this.cannotFinish !== null) return;
    this.state.dialog.value = null;
    await this.session.submit();
  }

  /** Turns to the tutorial's next card, where the task of this one is done. */
  nextCard(): void {
    const { game, tutorial, replacing } = this.state;
    const now = tutorial.value;
    const card = now === null ? undefined : COURSE[now.cardIndex];
    if (now === null || card === undefined || card.last === true) return;
    if (this.ready() && card.phase(game.value, { ...now, replacing: replacing.value }) === "done") {
      tutorial.value = { ...now, cardIndex: now.cardIndex + 1, compared: false };
    }
  }

  async skipPractice(): Promise<void> {
    if (this.ready() && this.state.tutorial.value?.skippable === true) await this.session.skipPractice();
  }

  private get cursor(): number {
    return this.state.game.value.position.cursor;
  }

  /** Whether actions count. What the controls show is committed first. */
  private ready(): boolean {
    if (!this.session.isOpen) return false;
    this.commit();
    return true;
  }

  /** Whether an action begins, which leaves what was begun with the palette or the picker. */
  private begins(): boolean {
    if (!this.ready()) return false;
    this.cancel();
    return true;
  }

  private replace(slug: string): void {
    this.state.replacing.value = false;
    this.session.record("choose", { step: this.cursor, filter: slug });
  }
}
