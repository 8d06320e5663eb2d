import type { RefObject } from "preact";
import { findFilter } from "../game/contract";
import { FilterSign } from "../shared/icons";
import { formatShare, texts } from "../shared/texts";
import type { Style, Styles, Group } from "../viewing/api";
import { profileTexts } from "./texts";
import { barsOf, difference, mapOf, usualOrder, GROUPS } from "./layout";

export const WIDTH = 400;
const MARGIN = 28;
const INNER = WIDTH - 2 * MARGIN;
const ROW = 27;
const BAR_START = 152;
const BAR_LENGTH = 148;

/** The mark of whose pictures are meant; a circle, a ring or a diamond, so that it does not hang on the colour. */
function Mark({ group, x, y }: { readonly group: Group; readonly x: number; readonly y: number }) {
  if (group === "agent") return <path class="mark agent" d={`M${x} ${y - 6}l6 6l-6 6l-6 -6z`} />;
  return <circle class={`mark ${group}`} cx={x} cy={y} r={group === "you" ? 6 : 5} />;
}

function Head({ you }: { readonly you: Style }) {
  return (
    <>
      <circle class="dot" cx={MARGIN + 5} cy={35} r="5" />
      <text class="small quiet" x={MARGIN + 18} y="40">
        {texts.brand}
      </text>
      <text class="title" x={MARGIN} y="82">
        {profileTexts.cardTitle}
      </text>
      <text class="quiet" x={MARGIN} y="106">
        {profileTexts.counts(you.pictures, you.steps)}
      </text>
    </>
  );
}

/** A label in lines of a word, or of a part of one: a drawing does not break a word at its soft hyphens by itself. */
function inLines(label: string): string[] {
  return label.replaceAll("\u00ad", "-\u00ad").split(/[ \u00ad]/);
}

/** The usual sequence: signs joined by a line. */
function Order({ you, top }: { readonly you: Style; readonly top: number }) {
  const order = usualOrder(you);
  const pitch = INNER / 5;
  const centre = (index: number) => MARGIN + pitch * (index + 0.5);
  return (
    <g>
      <text class="head" x={MARGIN} y={top}>
        {profileTexts.order}
      </text>
      {order.length === 0 && (
        <text class="quiet" x={MARGIN} y={top + 34}>
          {profileTexts.noOrder}
        </text>
      )}
      {order.length > 1 && (
        <line class="thread" x1={centre(0)} x2={centre(order.length - 1)} y1={top + 36} y2={top + 36} />
      )}
      {order.map((slug, index) => (
        <g key={slug}>
          <circle class="bead" cx={centre(index)} cy={top + 36} r="20" />
          <g transform={`translate(${centre(index) - 12} ${top + 24})`}>
            <FilterSign slug={slug} />
          </g>
          {inLines(findFilter(slug)?.label ?? slug).map((word, line) => (
            <text key={word} class="small middle" x={centre(index)} y={top + 72 + 14 * line}>
              {word}
            </text>
          ))}
        </g>
      ))}
    </g>
  );
}

/** How often each filter is used, by whom. */
function Bars({ styles, top }: { readonly styles: Styles; readonly top: number }) {
  return (
    <g>
      <text class="head" x={MARGIN} y={top}>
        {profileTexts.use}
      </text>
      {barsOf(styles).map(({ slug, label, shares }, index) => {
        const y = top + 24 + index * ROW;
        const along = (share: number) => BAR_START + share * BAR_LENGTH;
        return (
          <g key={slug}>
            <g transform={`translate(${MARGIN} ${y - 9}) scale(0.75)`}>
              <FilterSign slug={slug} />
            </g>
            <text class="small" x={MARGIN + 26} y={y + 4}>
              {label}
            </text>
            <line class="track" x1={BAR_START} x2={along(1)} y1={y} y2={y} />
            <line class="bar" x1={BAR_START} x2={along(shares.you ?? 0)} y1={y} y2={y} />
            {shares.others !== undefined && <Mark group="others" x={along(shares.others)} y={y} />}
            {shares.agent !== undefined && <Mark group="agent" x={along(shares.agent)} y={y} />}
            <text class="small end" x={WIDTH - MARGIN} y={y + 4}>
              {formatShare(shares.you ?? 0)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

const MAP_HEIGHT = 132;

/** How bright and how warm the pictures are. */
function LightMap({ styles, top }: { readonly styles: Styles; readonly top: number }) {
  const frame = { x: MARGIN, y: top + 14, width: INNER, height: MAP_HEIGHT };
  const { axes } = profileTexts;
  return (
    <g>
      <text class="head" x={MARGIN} y={top}>
        {profileTexts.light}
      </text>
      <rect class="map" rx="8" {...frame} />
      <text class="small quiet" x={MARGIN + 10} y={frame.y + MAP_HEIGHT / 2 + 4}>
        {axes.cool}
      </text>
      <text class="small quiet end" x={WIDTH - MARGIN - 10} y={frame.y + MAP_HEIGHT / 2 + 4}>
        {axes.warm}
      </text>
      <text class="small quiet middle" x={WIDTH / 2} y={frame.y + 18}>
        {axes.bright}
      </text>
      <text class="small quiet middle" x={WIDTH / 2} y={frame.y + MAP_HEIGHT - 9}>
        {axes.dark}
      </text>
      {mapOf(styles)
        .reverse()
        .map(({ group, x, y }) => (
          <Mark
            key={group}
            group={group}
            x={frame.x + 56 + x * (INNER - 112)}
            y={frame.y + 28 + (1 - y) * (MAP_HEIGHT - 56)}
          />
        ))}
    </g>
  );
}

function Legend({ styles, top }: { readonly styles: Styles; readonly top: number }) {
  const present = GROUPS.filter((group) => styles[group] !== null);
  return (
    <g>
      {present.map((group, index) => (
        <g key={group}>
          <Mark group={group} x={MARGIN + 7 + index * 116} y={top - 4} />
          <text class="small" x={MARGIN + 20 + index * 116} y={top}>
            {group === "you" ? profileTexts.me : profileTexts.legend[group]}
          </text>
        </g>
      ))}
    </g>
  );
}

/** So many letters of a sentence, at most, stand in a line of the card. */
const LINE = 44;

/** A sentence in lines that fit the card: a drawing does not break them by itself. */
function linesOf(sentence: string): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const line = `${lines.at(-1) ?? ""} ${word}`.trimStart();
    if (lines.length > 0 && line.length <= LINE) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

/** A sentence on how the light differs from that of the others, and from the agent's, on the photos in common. */
export function comparisons(styles: Styles): string[] {
  const { you, others, agent } = styles;
  if (you === null) return [];
  return [
    ...(others === null ? [] : [profileTexts.against.others(difference(others), others.photos)]),
    ...(agent === null ? [] : [profileTexts.against.agent(difference(agent), agent.photos)]),
  ];
}

interface Props {
  readonly styles: Styles;
  readonly you: Style;
  readonly drawing: RefObject<SVGSVGElement | null>;
}

/** The style as one drawing, with nothing in it that says who the player is. */
export function Card({ styles, you, drawing }: Props) {
  const said = comparisons(styles).flatMap(linesOf);
  const bars = 296;
  const map = bars + 24 + 8 * ROW + 30;
  const words = map + MAP_HEIGHT + 42;
  const height = words + said.length * 18 + 4;
  return (
    <svg
      ref={drawing}
      class="card"
      viewBox={`0 0 ${WIDTH} ${height}`}
      width={WIDTH}
      height={height}
      role="img"
      aria-label={profileTexts.cardLabel}
    >
      <rect class="ground" width={WIDTH} height={height} rx="16" />
      <Head you={you} />
      <Legend styles={styles} top={136} />
      <Order you={you} top={178} />
      <Bars styles={styles} top={bars} />
      <LightMap styles={styles} top={map} />
      {said.map((line, index) => (
        <text key={index} class="small" x={MARGIN} y={words + index * 18}>
          {line}
        </text>
      ))}
    </svg>
  );
}
