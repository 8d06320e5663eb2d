import { signal, type Signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { formatNumber } from "../shared/language";
import { texts } from "../shared/texts";
import { pages, type Style, type Styles } from "../viewing/api";
import { Frame } from "../viewing/Frame";
import { Card, comparisons } from "./Card";
import { barsOf, GROUPS } from "./layout";
import { canShare, pictureOf, save, share } from "./picture";
import { profileTexts } from "./texts";
import type { Notice } from "../shared/NoticeCard";

/** All state of the page. */
export interface ProfileState {
  readonly page: Signal<"loading" | "showing" | Notice>;
  readonly styles: Signal<Styles | null>;
}

/** The drawing in numbers, for who cannot see it and who wants to know exactly. */
function Numbers({ styles }: { readonly styles: Styles }) {
  const present = GROUPS.flatMap((group) => {
    const style = styles[group];
    return style === null ? [] : [{ group, style }];
  });
  const { numbers, legend } = profileTexts;
  const rows: [string, (style: Style) => string][] = [
    [numbers.pictures, ({ pictures }) => formatNumber(pictures)],
    [numbers.steps, ({ steps }) => formatNumber(steps, 1)],
    [numbers.brightness, ({ brightness }) => texts.histogram.percent(brightness)],
    [numbers.warmth, ({ warmth }) => numbers.redLessBlue(warmth)],
    ...barsOf(styles).map(({ slug, label }): [string, (style: Style) => string] => [
      label,
      ({ shares }) => texts.histogram.percent(shares[slug] ?? 0),
    ]),
  ];
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
          {rows.map(([label, value]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {present.map(({ group, style }) => (
                <td key={group}>{value(style)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
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
    </Frame>
  );
}
