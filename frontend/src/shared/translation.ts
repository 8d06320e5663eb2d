/**
 * The texts in the page's language, by gettext: the English text is the message, and `%(name)s` in it is a place for a
 * value. Only the files called texts.ts use it, and the contract, whose words stand in `editing`: there
 * `make translations` looks for messages.
 */
import { catalogue, formatNumber } from "./language";

type Filling = Readonly<Record<string, string | number>>;

/** The names of the places in a message. */
type Places<Message extends string> = Message extends `${string}%(${infer Name})s${infer Rest}`
  ? Name | Places<Rest>
  : never;

/** A value for each place; nothing where there is none. */
type Values<Name extends string> = [Name] extends [never] ? [] : [Readonly<Record<Name, string | number>>];

function filled(text: string, values: Filling = {}): string {
  return text.replace(/%\((\w+)\)s/g, (placeholder, name: string) => {
    const value = values[name] ?? placeholder;
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

export function gettext<Message extends string>(message: Message, ...values: Values<Places<Message>>): string {
  return filled(catalogue?.gettext(message) ?? message, values[0]);
}

/** For a message that means different things in different places: the context tells translators which. */
export function pgettext(context: string, message: string): string {
  return catalogue?.pgettext(context, message) ?? message;
}

/** The form that fits the count, whose place in it is `%(count)s`. */
export function ngettext<One extends string, Many extends string>(
  one: One,
  many: Many,
  count: number,
  ...values: Values<Exclude<Places<One> | Places<Many>, "count">>
): string {
  const text = catalogue?.ngettext(one, many, count) ?? (count === 1 ? one : many);
  return filled(text, { ...values[0], count });
}
