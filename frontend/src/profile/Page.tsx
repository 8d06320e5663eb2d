import { signal, type Signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { contract } from "../game/contract";
import { formatNumber } from "../shared/language";
import { formatPercent, formatShare } from "../shared/texts";
import { pages, type OthersStyle, type PersonalAgent as Agent, type Style, type Styles } from "../viewing/api";
import { Frame } from "../viewing/Frame";
import { Card, comparisons } from "./Card";
import { GROUPS } from "./layout";
import { PersonalAgent } from "./PersonalAgent";
import { canShare, pictureOf, save, share } from "./picture";
import { profileTexts } from "./texts";
import type { Notice } from "../shared/NoticeCard";

/** All state of the page. */
export interface ProfileState {
  readonly page: Signal<"loading" | "showing" | Notice>;
  readonly styles: Signal<Styles | null>;
  readonly agent: Signal<Agent | null>;
}

/** A row of the table: what is measured, and how its values and their differences are printed. */
interface Measure {
  readonly label: string;
  readonly of: (style: Style) => number;
  readonly print: (value: number) => string;
  readonly printSize: (size: number) => string;
}

function measures(): Measure[] {
  const { numbers } = profileTexts;
  const steps = (value: number) => formatNumber(value, 1);
  return [
    { label: numbers.steps, of: (style) => style.steps, print: steps, printSize: steps },
    { label: numbers.brightness, of: (style) => style.brightness, print: formatShare, printSize: formatPercent },
    {
      label: numbers.warmth,
      of: (style) => style.warmth,
      print: numbers.redLessBlue,
      printSize: (size) => formatPercent(size, 1),
    },
    ...contract.filters.map(({ slug, label }) => ({
      label,
      of: (style: Style) => style.shares[slug] ?? 0,
      print: formatShare,
      printSize: formatPercent,
    })),
  ];
}

/** One's own value; of others theirs, with the difference on the same photos. */
function Value({ measure, style }: { readonly measure: Measure; readonly style: Style | OthersStyle }) {
  const { of, print, printSize } = measure;
  const value = of(style);
  if (!("you" in style)) return <span>{print(value)}</span>;
  return (
    <>
      <span>{print(value)}</span> <span>{profileTexts.numbers.difference(value - of(style.you), printSize)}</span>
    </>
  );
}

/** The drawing in numbers, for who cannot see it and who wants to know exactly. */
function Numbers({ styles }: { readonly styles: Styles }) {
  const present = GROUPS.flatMap((group) => {
    const style = styles[group];
    return style === null ? [] : [{ group, style }];
  });
  const { numbers, legend } = profileTexts;
  const isCompared = present.length > 1;
  return (
    <details>
      <summary>{numbers.title}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">{numbers.what}</span>
            </th>
            {present.map(({ group }) => (
              <th key={group} scope="col">
                {legend[group]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{numbers.pictures}</th>
            {present.map(({ group, style }) => (
              <td key={group}>{formatNumber(style.pictures)}</td>
            ))}
          </tr>
          {isCompared && (
            <tr>
              <th scope="row">{numbers.photos}</th>
              {present.map(({ group, style }) => (
                <td key={group}>{"photos" in style ? formatNumber(style.photos) : ""}</td>
              ))}
            </tr>
          )}
          {measures().map((measure) => (
            <tr key={measure.label}>
              <th scope="row">{measure.label}</th>
              {present.map(({ group, style }) => (
                <td key={group}>
                  <Value measure={measure} style={style} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {isCompared && <p class="hint">{numbers.inBrackets}</p>}
    </details>
  );
}

/** The card, and what can be done with it. */
function Profile({ styles, you }: { readonly styles: Styles; readonly you: Style }) {
  const drawing = useRef<SVGSVGElement>(null);
  const failure = useMemo(() => signal(""), []);
  const make = async (use: (file: File) => Promise<void> | void) => {
    if (drawing.current === null) return;
    failure.value = "";
    try {
      await use(await pictureOf(drawing.current));
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      failure.value = profileTexts.failed;
    }
  };
  return (
    <div class="profile">
      <Card styles={styles} you={you} drawing={drawing} />
      <div class="beside">
        <h2>{profileTexts.title}</h2>
        <p>{profileTexts.about(you.pictures)}</p>
        {comparisons(styles).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {styles.others === null && styles.agent === null && <p class="hint">{profileTexts.alone}</p>}
        <div class="actions">
          <button type="button" class="primary" onClick={() => void make(save)}>
            {profileTexts.save}
          </button>
          {canShare() && (
            <button type="button" onClick={() => void make(share)}>
              {profileTexts.share}
            </button>
          )}
        </div>
        <p class="hint" role="status">
          {failure.value || profileTexts.private}
        </p>
        <Numbers styles={styles} />
        <p>
          <a href={pages.start}>{profileTexts.toStart}</a>
        </p>
      </div>
    </div>
  );
}

export function Page({ state }: { readonly state: ProfileState }) {
  const styles = state.styles.value;
  return (
    <Frame title={profileTexts.title} page={state.page.value}>
      {styles?.you != null && <Profile styles={styles} you={styles.you} />}
      {state.agent.value !== null && <PersonalAgent agent={state.agent.value} />}
    </Frame>
  );
}
