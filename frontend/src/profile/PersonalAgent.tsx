import type { PersonalAgent as Agent, PersonalPair } from "../viewing/api";
import { profileTexts } from "./texts";

const { personal } = profileTexts;

/** A photo as the visitor left it, beside what their agent made of it. */
function Pair({ pair, number }: { readonly pair: PersonalPair; readonly number: number }) {
  const { photo } = pair;
  const size = { width: photo.width, height: photo.height, loading: "lazy" as const };
  return (
    <li>
      <div class="both">
        <figure>
          <img src={pair.yours} alt={personal.yourPicture(number)} {...size} />
          <figcaption>{personal.you}</figcaption>
        </figure>
        <figure>
          <img src={pair.agents} alt={personal.itsPicture(number)} {...size} />
          <figcaption>{personal.agent}</figcaption>
        </figure>
      </div>
      <p class="hint">{pair.learned ? personal.learned : personal.unseen}</p>
    </li>
  );
}

/** Where there is nothing to look at yet, why. */
function reasonOf({ state, done, needed, pairs }: Agent): string | null {
  switch (state) {
    case "too_few":
      return personal.tooFew(needed - done);
    case "ready":
      return pairs.length === 0 ? personal.gone : null;
    case "off":
      return null;
    default:
      return personal.states[state];
  }
}

/** The agent that edits like the visitor; nothing where the study has none. */
export function PersonalAgent({ agent }: { readonly agent: Agent }) {
  if (agent.state === "off") return null;
  const reason = reasonOf(agent);
  return (
    <section class="personal" aria-labelledby="personal">
      <h2 id="personal">{personal.title}</h2>
      <p>{personal.about}</p>
      {reason !== null && <p class="standing">{reason}</p>}
      <ul>
        {agent.pairs.map((pair, index) => (
          <Pair key={pair.photo.id} pair={pair} number={index + 1} />
        ))}
      </ul>
    </section>
  );
}
